#include "cli/help.h"

#include <string.h>

#define COLUMN 28u
#define INDENT 6
#define OPTION_BYTES_MAX 64u

static const char *help_heading(enum copse_verb_place place)
{
    switch (place) {
    case COPSE_VERB_DAILY:
        return "Every day";
    case COPSE_VERB_THINGS:
        return "Pages";
    case COPSE_VERB_US:
        return "Us";
    case COPSE_VERB_MINE:
        return "Mine";
    case COPSE_VERB_FINER:
        return "More";
    }
    return "";
}

/* What stands at the left and what it means; in a narrow terminal one below the other. */
static void help_row(struct copse_output *output, const char *words, const char *text)
{
    size_t at = strlen(words) + 2;
    size_t gap = at < COLUMN ? COLUMN - at : 1;
    copse_output_text(output, "  ");
    copse_output_styled(output, COPSE_OUTPUT_STRONG, "%s", words);
    if (output->columns < 2 * COLUMN) {
        copse_output_text(output, "\n%*s", INDENT, "");
        copse_output_wrapped(output, INDENT, INDENT, text);
        return;
    }
    copse_output_text(output, "%*s", (int)gap, "");
    copse_output_wrapped(output, at + gap, COLUMN, text);
}

static void help_line(struct copse_output *output, const struct copse_verb *verb)
{
    help_row(output, verb->words, verb->summary);
}

static void help_place(struct copse_output *output, enum copse_verb_place place)
{
    size_t count = 0;
    const struct copse_verb *verbs = copse_verbs_all(&count);
    copse_output_text(output, "\n%s\n", help_heading(place));
    for (size_t i = 0; i < count; i++) {
        if (verbs[i].place == place) {
            help_line(output, &verbs[i]);
        }
    }
}

/* "-F, --file FILE" */
static void help_option(struct copse_output *output, const struct copse_verb_option *option)
{
    char words[OPTION_BYTES_MAX];
    char letter[5] = "";
    if (option->letter != '\0') {
        (void)snprintf(letter, sizeof(letter), "-%c, ", option->letter);
    }
    (void)snprintf(words, sizeof(words), "%s--%s%s%s", letter, option->name,
                   option->field == NULL ? "" : " ", option->field == NULL ? "" : option->field);
    help_row(output, words, option->text);
}

static void help_common_options(struct copse_output *output)
{
    for (const struct copse_verb_option *option = copse_verbs_common(); option->name != NULL;
         option++) {
        help_option(output, option);
    }
}

void copse_help_overview(struct copse_output *output, enum copse_help_depth depth)
{
    copse_output_wrapped(output, 0, 0,
                         "A community's common store of knowledge, on every member's own machine.");
    copse_output_text(output, "\n"
                              "  copse init --name \"Ana Ruiz\"\n"
                              "  copse community create \"Physics teaching\"\n"
                              "  copse ask \"How do you explain torque without a formula?\"\n");
    help_place(output, COPSE_VERB_DAILY);
    help_place(output, COPSE_VERB_THINGS);
    help_place(output, COPSE_VERB_US);
    help_place(output, COPSE_VERB_MINE);
    if (depth == COPSE_HELP_ALL) {
        help_place(output, COPSE_VERB_FINER);
        copse_output_text(output, "\nOptions of every verb\n");
        help_common_options(output);
    }
    copse_output_text(output, "\ncopse help VERB explains one; copse help --all lists %s.\n",
                      depth == COPSE_HELP_ALL ? "these" : "them all");
}

void copse_help_verb(struct copse_output *output, const struct copse_verb *verb)
{
    copse_output_styled(output, COPSE_OUTPUT_STRONG, "copse %s", verb->words);
    copse_output_text(output, ": ");
    copse_output_wrapped(output, strlen(verb->words) + 8, INDENT, verb->summary);
    copse_output_text(output, "\n");
    for (size_t i = 0; i < COPSE_VERBS_EXAMPLES_MAX && verb->examples[i] != NULL; i++) {
        copse_output_text(output, "  %s\n", verb->examples[i]);
    }
    copse_output_text(output, "\nUsage: copse %s%s%s%s\n", verb->words,
                      verb->options[0].name != NULL ? " [OPTIONS]" : "",
                      verb->arguments[0] != '\0' ? " " : "", verb->arguments);
    if (verb->aliases != NULL) {
        copse_output_text(output, "Also: copse %s\n", verb->aliases);
    }
    if (verb->more != NULL) {
        copse_output_text(output, "\n");
        copse_output_wrapped(output, 0, 0, verb->more);
    }
    copse_output_text(output, "\n");
    for (size_t i = 0; i < COPSE_VERBS_OPTIONS_MAX && verb->options[i].name != NULL; i++) {
        help_option(output, &verb->options[i]);
    }
    help_common_options(output);
}

void copse_help_group(struct copse_output *output, const char *group)
{
    size_t count = 0;
    size_t size = strlen(group);
    const struct copse_verb *verbs = copse_verbs_all(&count);
    for (size_t i = 0; i < count; i++) {
        if (strncmp(verbs[i].words, group, size) == 0 && verbs[i].words[size] == ' ') {
            help_line(output, &verbs[i]);
        }
    }
    copse_output_text(output, "\ncopse help %s VERB explains one.\n", group);
}

/* scdoc gives a meaning to * _ ` # [ ] | and to a backslash. */
static void help_manual_text(struct copse_builder *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (strchr("*_`#[]|\\<>", *text) != NULL) {
            copse_builder_byte(out, '\\');
        }
        copse_builder_byte(out, *text);
    }
}

static void help_manual_option(struct copse_builder *out, const struct copse_verb_option *option)
{
    copse_builder_byte(out, '*');
    if (option->letter != '\0') {
        copse_builder_format(out, "-%c*, *", option->letter);
    }
    copse_builder_format(out, "--%s*", option->name);
    if (option->field != NULL) {
        copse_builder_format(out, " _%s_", option->field);
    }
    copse_builder_text(out, "\n\t");
    help_manual_text(out, option->text);
    copse_builder_text(out, "\n\n");
}

void copse_help_manual(struct copse_builder *out)
{
    size_t count = 0;
    const struct copse_verb *verbs = copse_verbs_all(&count);
    copse_builder_text(out, "# OPTIONS OF EVERY VERB\n\n");
    for (const struct copse_verb_option *option = copse_verbs_common(); option->name != NULL;
         option++) {
        help_manual_option(out, option);
    }
    copse_builder_text(out, "# VERBS\n\n");
    for (size_t i = 0; i < count; i++) {
        copse_builder_format(out, "## copse %s\n\n", verbs[i].words);
        if (verbs[i].arguments[0] != '\0') {
            copse_builder_format(out, "*copse %s* ", verbs[i].words);
            help_manual_text(out, verbs[i].arguments);
            copse_builder_text(out, "\n\n");
        }
        help_manual_text(out, verbs[i].summary);
        copse_builder_text(out, ".\n\n");
        if (verbs[i].more != NULL) {
            help_manual_text(out, verbs[i].more);
            copse_builder_text(out, "\n\n");
        }
        if (verbs[i].aliases != NULL) {
            copse_builder_format(out, "Also: *copse %s*\n\n", verbs[i].aliases);
        }
        for (size_t j = 0; j < COPSE_VERBS_EXAMPLES_MAX && verbs[i].examples[j] != NULL; j++) {
            copse_builder_text(out, "\t");
            help_manual_text(out, verbs[i].examples[j]);
            copse_builder_text(out, "\n\n");
        }
        for (size_t j = 0; j < COPSE_VERBS_OPTIONS_MAX && verbs[i].options[j].name != NULL; j++) {
            help_manual_option(out, &verbs[i].options[j]);
        }
    }
}
