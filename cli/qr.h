/* A QR code drawn with half blocks: qr.c alone includes qrencode.h. */
#ifndef COPSE_CLI_QR_H
#define COPSE_CLI_QR_H

#include "cli/output.h"

/* Draw `text` to the plain output; a note when it is too long for one. */
void copse_qr_print(struct copse_output *output, const char *text);

#endif
