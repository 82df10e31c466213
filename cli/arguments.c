/* How it works: getopt_long runs twice, with '+' so that it stops at the first word that is no
 * option. The first run takes the global options before the verb; the verb's words are skipped;
 * then runs alternate with words until the end, so that options may stand between and behind
 * arguments. "--" ends the options. */
#include "cli/arguments.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#define LISTS_MAX 32
#define LETTERS_MAX (3 * LISTS_MAX)

struct lists {
    struct option options[LISTS_MAX];
    const char *names[LISTS_MAX]; /* the long name behind an option's index */
    char letters[LETTERS_MAX];
    size_t count;
    size_t letter_count;
};

static void lists_add(struct lists *lists, const struct copse_verb_option *option)
{
    COPSE_ASSERT(lists->count + 1 < LISTS_MAX);
    int has_value = option->field == NULL ? no_argument : required_argument;
    /* A value beyond all letters names the option by its index. */
    lists->options[lists->count] =
        (struct option){option->name, has_value, NULL, 256 + (int)lists->count};
    lists->names[lists->count] = option->name;
    if (option->letter != '\0') {
        lists->options[lists->count].val = option->letter;
        lists->letters[lists->letter_count++] = option->letter;
        if (option->field != NULL) {
            lists->letters[lists->letter_count++] = ':';
        }
    }
    lists->count++;
}

static void lists_init(struct lists *lists, const struct copse_verb *verb)
{
    memset(lists, 0, sizeof(*lists));
    lists->letters[lists->letter_count++] = '+';
    lists->letters[lists->letter_count++] = ':';
    for (const struct copse_verb_option *option = copse_verbs_common(); option->name != NULL;
         option++) {
        lists_add(lists, option);
    }
    for (size_t i = 0; verb != NULL && i < COPSE_VERBS_OPTIONS_MAX; i++) {
        if (verb->options[i].name == NULL) {
            break;
        }
        lists_add(lists, &verb->options[i]);
    }
}

static const char *lists_name(const struct lists *lists, int value)
{
    for (size_t i = 0; i < lists->count; i++) {
        if (lists->options[i].val == value) {
            return lists->names[i];
        }
    }
    return NULL;
}

/* Take options from argv[optind] on, until a word. False: *problem says what is wrong. */
static bool arguments_take_options(struct copse_arguments *out,
                                   struct copse_arguments_problem *problem,
                                   const struct lists *lists, int argc, char **argv)
{
    for (;;) {
        int at = optind;
        int value = getopt_long(argc, argv, lists->letters, lists->options, NULL);
        if (value == -1) {
            return true;
        }
        const char *name = lists_name(lists, value);
        if (name == NULL) {
            problem->word = argv[at < argc ? at : argc - 1];
            problem->fault =
                value == ':' ? COPSE_ARGUMENTS_VALUE_MISSING : COPSE_ARGUMENTS_UNKNOWN_OPTION;
            return false;
        }
        if (out->value_count == COPSE_ARGUMENTS_VALUES_MAX) {
            problem->fault = COPSE_ARGUMENTS_TOO_MANY_OPTIONS;
            problem->word = argv[at];
            return false;
        }
        out->values[out->value_count++] =
            (struct copse_arguments_value){name, optarg == NULL ? "" : optarg};
    }
}

/* How many of the words are the beginning of some verb; they are put into problem->group. */
static size_t arguments_group(struct copse_arguments_problem *problem, const char *const *words,
                              size_t count)
{
    size_t known = 0;
    problem->group[0] = '\0';
    while (known < count) {
        char longer[sizeof(problem->group)];
        int size = snprintf(longer, sizeof(longer), "%s%s%s", problem->group, known > 0 ? " " : "",
                            words[known]);
        if (size < 0 || (size_t)size >= sizeof(longer) || !copse_verbs_is_group(longer)) {
            break;
        }
        memcpy(problem->group, longer, sizeof(longer));
        known++;
    }
    return known;
}

static bool arguments_take_verb(struct copse_arguments *out,
                                struct copse_arguments_problem *problem, int argc, char **argv)
{
    size_t used = 0;
    if (optind >= argc) {
        problem->fault = COPSE_ARGUMENTS_NO_VERB;
        return false;
    }
    const char *words[COPSE_VERBS_WORDS_MAX];
    size_t count = 0;
    while (count < COPSE_VERBS_WORDS_MAX && optind + (int)count < argc) {
        words[count] = argv[optind + (int)count];
        count++;
    }
    out->verb = copse_verbs_find(&used, words, count);
    if (out->verb != NULL) {
        optind += (int)used;
        return true;
    }
    size_t known = arguments_group(problem, words, count);
    const char *next = known < count ? words[known] : NULL;
    bool is_help = next != NULL && (strcmp(next, "--help") == 0 || strcmp(next, "-h") == 0);
    if (known > 0 && is_help && out->value_count < COPSE_ARGUMENTS_VALUES_MAX) {
        out->values[out->value_count++] = (struct copse_arguments_value){"help", ""};
    }
    problem->fault = known > 0 && (next == NULL || next[0] == '-') ? COPSE_ARGUMENTS_GROUP_ALONE
                                                                   : COPSE_ARGUMENTS_UNKNOWN_VERB;
    problem->word = problem->fault == COPSE_ARGUMENTS_GROUP_ALONE ? words[0] : next;
    return false;
}

/* Words and options of the verb, mixed. The words are moved to the front of argv. */
static bool arguments_take_rest(struct copse_arguments *out,
                                struct copse_arguments_problem *problem, int argc, char **argv)
{
    struct lists lists;
    lists_init(&lists, out->verb);
    out->words = argv + 1;
    while (optind < argc) {
        int before = optind;
        if (!arguments_take_options(out, problem, &lists, argc, argv)) {
            return false;
        }
        bool options_ended = optind > before && strcmp(argv[optind - 1], "--") == 0;
        while (optind < argc) {
            out->words[out->word_count++] = argv[optind++];
            if (!options_ended) {
                break;
            }
        }
    }
    return true;
}

void copse_arguments_read(struct copse_arguments *out, struct copse_arguments_problem *problem,
                          int argc, char **argv)
{
    struct lists lists;
    memset(out, 0, sizeof(*out));
    *problem = (struct copse_arguments_problem){.fault = COPSE_ARGUMENTS_FINE};
    lists_init(&lists, NULL);
    opterr = 0;
    optind = 1;
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        argv[1] += 2; /* everybody's habit */
    }
    if (!arguments_take_options(out, problem, &lists, argc, argv) ||
        !arguments_take_verb(out, problem, argc, argv) ||
        !arguments_take_rest(out, problem, argc, argv) || copse_arguments_has(out, "help")) {
        return;
    }
    if (out->word_count < out->verb->arguments_min) {
        problem->fault = COPSE_ARGUMENTS_TOO_FEW;
    } else if (out->word_count > out->verb->arguments_max) {
        problem->fault = COPSE_ARGUMENTS_TOO_MANY;
        problem->word = out->words[out->verb->arguments_max];
    }
}

const char *copse_arguments_nth(const struct copse_arguments *arguments, const char *name,
                                size_t index)
{
    for (size_t i = 0; i < arguments->value_count; i++) {
        if (strcmp(arguments->values[i].name, name) == 0 && index-- == 0) {
            return arguments->values[i].text;
        }
    }
    return NULL;
}

const char *copse_arguments_get(const struct copse_arguments *arguments, const char *name)
{
    const char *last = NULL;
    for (size_t i = 0; i < arguments->value_count; i++) {
        if (strcmp(arguments->values[i].name, name) == 0) {
            last = arguments->values[i].text;
        }
    }
    return last;
}

bool copse_arguments_has(const struct copse_arguments *arguments, const char *name)
{
    return copse_arguments_get(arguments, name) != NULL;
}
