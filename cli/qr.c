/* How it works: two rows of modules become one line of text; a margin of four modules, which
 * readers need, is drawn light. Dark on light is drawn with the light modules filled, for dark
 * terminals. */
#include "cli/qr.h"

#include <qrencode.h>

#define MARGIN 4

static bool qr_is_dark(const QRcode *code, int x, int y)
{
    bool is_inside = x >= 0 && y >= 0 && x < code->width && y < code->width;
    return is_inside && (code->data[y * code->width + x] & 1) != 0;
}

void copse_qr_print(struct copse_output *output, const char *text)
{
    QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_L);
    if (code == NULL) {
        copse_output_note(output, "The invitation is too long for a QR code.");
        return;
    }
    for (int y = -MARGIN; y < code->width + MARGIN; y += 2) {
        for (int x = -MARGIN; x < code->width + MARGIN; x++) {
            bool is_upper_light = !qr_is_dark(code, x, y);
            bool is_lower_light = !qr_is_dark(code, x, y + 1);
            const char *cell = is_upper_light && is_lower_light ? "\xe2\x96\x88"
                               : is_upper_light                 ? "\xe2\x96\x80"
                               : is_lower_light                 ? "\xe2\x96\x84"
                                                                : " ";
            copse_output_text(output, "%s", cell);
        }
        copse_output_text(output, "\n");
    }
    QRcode_free(code);
}
