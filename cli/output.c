/* How it works: plain text goes through stdio as it comes; JSON is collected and printed once at
 * the end, so a command that fails half way prints one error object and nothing else. */
#include "cli/output.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define MESSAGE_BYTES_MAX 1024u
#define COLUMNS 80u
#define COLUMNS_MIN 30u

static size_t output_columns(void)
{
    struct winsize size;
    bool is_known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return !is_known ? COLUMNS : size.ws_col < COLUMNS_MIN ? COLUMNS_MIN : size.ws_col;
}

void copse_output_init(struct copse_output *output, const struct copse_memory *memory)
{
    *output = (struct copse_output){
        .out = stdout,
        .talk = stderr,
        .is_terminal = isatty(STDOUT_FILENO) != 0,
    };
    output->columns = output_columns();
    copse_answer_init(&output->json, memory);
    copse_builder_init(&output->line, memory);
    copse_answer_object(&output->json, NULL);
    copse_answer_truth(&output->json, "ok", true);
    copse_answer_object(&output->json, "data");
}

void copse_output_deinit(struct copse_output *output)
{
    copse_answer_deinit(&output->json);
    copse_builder_deinit(&output->line);
}

static const char *output_style_code(enum copse_output_style style)
{
    switch (style) {
    case COPSE_OUTPUT_NORMAL:
        return "";
    case COPSE_OUTPUT_STRONG:
        return "\033[1m";
    case COPSE_OUTPUT_FAINT:
        return "\033[2m";
    case COPSE_OUTPUT_ADDED:
        return "\033[32m";
    case COPSE_OUTPUT_REMOVED:
        return "\033[31m";
    }
    return "";
}

static void output_begin_style(struct copse_output *output, enum copse_output_style style)
{
    if (output->has_color && style != COPSE_OUTPUT_NORMAL) {
        (void)fputs(output_style_code(style), output->out);
    }
}

static void output_end_style(struct copse_output *output, enum copse_output_style style)
{
    if (output->has_color && style != COPSE_OUTPUT_NORMAL) {
        (void)fputs("\033[0m", output->out);
    }
}

static void output_print(struct copse_output *output, enum copse_output_style style,
                         struct copse_slice text)
{
    output_begin_style(output, style);
    if (text.size > 0) {
        (void)fwrite(text.data, 1, text.size, output->out);
    }
    output_end_style(output, style);
}

void copse_output_text(struct copse_output *output, const char *format, ...)
{
    if (output->mode == COPSE_OUTPUT_JSON) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    (void)vfprintf(output->out, format, arguments);
    va_end(arguments);
}

void copse_output_styled(struct copse_output *output, enum copse_output_style style,
                         const char *format, ...)
{
    if (output->mode == COPSE_OUTPUT_JSON) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    output_begin_style(output, style);
    (void)vfprintf(output->out, format, arguments);
    output_end_style(output, style);
    va_end(arguments);
}

void copse_output_wrapped(struct copse_output *output, size_t at, size_t indent, const char *text)
{
    size_t start = at;
    while (*text != '\0') {
        size_t size = strcspn(text, " ");
        if (at > start && at + 1 + size >= output->columns) {
            copse_output_text(output, "\n%*s", (int)indent, "");
            at = start = indent;
        }
        copse_output_text(output, "%s%.*s", at > start ? " " : "", (int)size, text);
        at += size + (at > start);
        text += size + (text[size] == ' ');
    }
    copse_output_text(output, "\n");
}

static void output_clean(struct copse_output *output, enum copse_output_style style,
                         struct copse_slice text, enum copse_terminal_shape shape)
{
    struct copse_slice clean;
    if (output->mode == COPSE_OUTPUT_JSON) {
        return;
    }
    copse_builder_clear(&output->line);
    copse_terminal_clean(&output->line, text, shape);
    if (copse_builder_end(&clean, &output->line) == COPSE_OK) {
        output_print(output, style, clean);
    } else {
        output_print(output, style, copse_bytes_of_string("(too long to print)"));
    }
}

void copse_output_words(struct copse_output *output, struct copse_slice text,
                        enum copse_terminal_shape shape)
{
    output_clean(output, COPSE_OUTPUT_NORMAL, text, shape);
}

void copse_output_title(struct copse_output *output, struct copse_slice text)
{
    size_t max = output->is_terminal && output->columns < COPSE_OUTPUT_TITLE_MAX
                     ? output->columns
                     : COPSE_OUTPUT_TITLE_MAX;
    struct copse_slice rest = text;
    size_t count = 0;
    bool is_utf8 = copse_bytes_is_utf8(text);
    while (rest.size > 0 && count < max) {
        uint32_t scalar = 0;
        size_t size = is_utf8 ? copse_bytes_next_scalar(&scalar, rest) : 1;
        rest.data += size;
        rest.size -= size;
        count++;
    }
    text.size -= rest.size;
    copse_output_words(output, text, COPSE_TERMINAL_LINE);
    copse_output_text(output, rest.size > 0 ? "..." : "");
}

void copse_output_styled_words(struct copse_output *output, enum copse_output_style style,
                               struct copse_slice text)
{
    output_clean(output, style, text, COPSE_TERMINAL_LINE);
}

void copse_output_document(struct copse_output *output, struct copse_slice text)
{
    if (output->mode == COPSE_OUTPUT_JSON) {
        return;
    }
    if (!output->is_terminal) {
        output_print(output, COPSE_OUTPUT_NORMAL, text);
        return;
    }
    copse_output_words(output, text, COPSE_TERMINAL_BLOCK);
    if (text.size > 0 && text.data[text.size - 1] != '\n') {
        (void)fputc('\n', output->out);
    }
}

/* What was typed or found in a file may be in a message: it is cleaned like anybody's words. */
COPSE_PRINTF(2, 0)
static struct copse_slice output_message(struct copse_output *output, const char *format,
                                         va_list arguments)
{
    char message[MESSAGE_BYTES_MAX];
    (void)vsnprintf(message, sizeof(message), format, arguments);
    struct copse_slice clean;
    copse_builder_clear(&output->line);
    copse_terminal_clean(&output->line, copse_bytes_of_string(message), COPSE_TERMINAL_BLOCK);
    return copse_builder_end(&clean, &output->line) == COPSE_OK
               ? clean
               : copse_bytes_of_string("out of memory");
}

void copse_output_note(struct copse_output *output, const char *format, ...)
{
    if (output->mode == COPSE_OUTPUT_JSON || output->is_quiet) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    struct copse_slice clean = output_message(output, format, arguments);
    va_end(arguments);
    (void)fflush(output->out);
    (void)fprintf(output->talk, "%.*s\n", (int)clean.size, (const char *)clean.data);
}

void copse_output_short_id(char out[COPSE_OUTPUT_SHORT_ID_BYTES], const struct copse_id *id)
{
    char hex[COPSE_ID_HEX_BYTES];
    copse_bytes_id_to_hex(hex, id);
    memcpy(out, hex, COPSE_OUTPUT_SHORT_ID_BYTES - 1);
    out[COPSE_OUTPUT_SHORT_ID_BYTES - 1] = '\0';
}

/* Has the reader gone ("| head")? It knows, so nothing has to be said. */
static bool output_is_cut_off(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
    return poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0;
}

enum copse_exit copse_output_done(struct copse_output *output)
{
    if (output->mode == COPSE_OUTPUT_JSON) {
        struct copse_slice text;
        copse_answer_object_end(&output->json);
        copse_answer_object_end(&output->json);
        if (copse_answer_end(&text, &output->json) != COPSE_OK) {
            return copse_output_fail(
                output, &(struct copse_output_fault){COPSE_EXIT_FAILURE, "nomem", NULL},
                "out of memory while writing the result");
        }
        output_print(output, COPSE_OUTPUT_NORMAL, text);
        (void)fputc('\n', output->out);
    }
    bool is_written = fflush(output->out) == 0 && !ferror(output->out);
    if (!is_written && output_is_cut_off()) {
        return COPSE_EXIT_FAILURE;
    }
    if (!is_written) {
        (void)fprintf(output->talk, "copse: the result cannot be written: %s\n", strerror(errno));
        return COPSE_EXIT_FAILURE;
    }
    return COPSE_EXIT_OK;
}

static void output_fail_json(struct copse_output *output, const struct copse_output_fault *fault,
                             struct copse_slice message)
{
    struct copse_slice text;
    copse_answer_deinit(&output->json);
    copse_answer_object(&output->json, NULL);
    copse_answer_truth(&output->json, "ok", false);
    copse_answer_object(&output->json, "error");
    copse_answer_word(&output->json, "code", fault->code);
    copse_answer_string(&output->json, "message", message);
    copse_answer_word(&output->json, "hint", fault->hint == NULL ? "" : fault->hint);
    copse_answer_object_end(&output->json);
    copse_answer_object_end(&output->json);
    if (copse_answer_end(&text, &output->json) == COPSE_OK) {
        output_print(output, COPSE_OUTPUT_NORMAL, text);
        (void)fputc('\n', output->out);
    } else {
        (void)fputs("{\"ok\":false,\"error\":{\"code\":\"nomem\",\"message\":\"out of memory\","
                    "\"hint\":\"\"}}\n",
                    output->out);
    }
}

enum copse_exit copse_output_fail(struct copse_output *output,
                                  const struct copse_output_fault *fault, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    struct copse_slice clean = output_message(output, format, arguments);
    va_end(arguments);
    if (output->mode == COPSE_OUTPUT_JSON) {
        output_fail_json(output, fault, clean);
    } else {
        (void)fflush(output->out);
        (void)fprintf(output->talk, "copse: %.*s\n", (int)clean.size, (const char *)clean.data);
        if (fault->hint != NULL && fault->hint[0] != '\0') {
            (void)fprintf(output->talk, "  %s\n", fault->hint);
        }
    }
    (void)fflush(output->out);
    return fault->status;
}
