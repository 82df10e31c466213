/* How it works: line by line, word by word. An entry names others by labels of lines above it. */
#include "tests/support/governance_table.h"

#include "tests/support/cmocka.h"

#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES 512

struct table {
    struct table_case *out;
    int last[MODEL_DEVICES_MAX][2]; /* latest entry of a device, by class */
    const char *line;               /* for messages */
    bool has_leaves;
};

static const char *const kinds[] = {
    [MODEL_GENESIS] = "GENESIS", [MODEL_JOIN] = "JOIN",
    [MODEL_GRANT] = "GRANT",     [MODEL_REVOKE] = "REVOKE",
    [MODEL_REMOVE] = "REMOVE",   [MODEL_ACCEPT] = "ACCEPT",
    [MODEL_LEAVE] = "LEAVE",     [MODEL_DEVICE_REVOKE] = "DEVICE_REVOKE",
    [MODEL_INVITE] = "INVITE",   [MODEL_CHARTER] = "CHARTER",
    [MODEL_RECALL] = "RECALL",   [MODEL_ASSENT] = "ASSENT",
    [MODEL_HIDE] = "HIDE",       [MODEL_UNHIDE] = "UNHIDE",
    [MODEL_DATA] = "DATA",
};

static void fail_line(const struct table *table, const char *why, const char *word)
{
    fail_msg("%s: %s \"%s\" in: %s", table->out->title, why, word, table->line);
}

static int find(const char (*names)[TABLE_NAME_MAX], int count, const char *name)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0) {
            return i;
        }
    }
    return MODEL_NONE;
}

static void set_name(char out[TABLE_NAME_MAX], const char *name)
{
    assert_true(strlen(name) < TABLE_NAME_MAX);
    memcpy(out, name, strlen(name) + 1);
}

static int person(struct table *table, const char *name)
{
    struct table_case *out = table->out;
    int found = find((const char(*)[TABLE_NAME_MAX])out->persons, out->history.person_count, name);
    if (found == MODEL_NONE) {
        assert_true(out->history.person_count < MODEL_PERSONS_MAX);
        found = out->history.person_count++;
        set_name(out->persons[found], name);
    }
    return found;
}

static int device(struct table *table, const char *name)
{
    struct table_case *out = table->out;
    int found = find((const char(*)[TABLE_NAME_MAX])out->devices, out->history.device_count, name);
    if (found == MODEL_NONE) {
        assert_true(out->history.device_count < MODEL_DEVICES_MAX);
        found = out->history.device_count++;
        set_name(out->devices[found], name);
        table->last[found][0] = MODEL_NONE;
        table->last[found][1] = MODEL_NONE;
    }
    return found;
}

static int device_owner(struct table *table, const char *name)
{
    char owner[TABLE_NAME_MAX];
    set_name(owner, name);
    char *dot = strchr(owner, '.');
    if (dot == NULL) {
        fail_line(table, "a device is person.number, not", name);
        return MODEL_NONE;
    }
    *dot = '\0';
    return person(table, owner);
}

static int label(struct table *table, const char *name)
{
    struct table_case *out = table->out;
    int found = find((const char(*)[TABLE_NAME_MAX])out->labels, out->history.count, name);
    if (found == MODEL_NONE) {
        fail_line(table, "no entry above has the label", name);
    }
    return found;
}

static int role(struct table *table, const char *name)
{
    const char *roles = "CDMG";
    if (strcmp(name, "-") == 0) {
        return MODEL_NONE;
    }
    const char *found = strchr(roles, name[0]);
    if (found == NULL || strlen(name) != 1) {
        fail_line(table, "no role is called", name);
        return MODEL_NONE;
    }
    return (int)(found - roles);
}

static void add(struct model_list *list, int item)
{
    assert_true(list->count < MODEL_LIST_MAX);
    list->items[list->count++] = item;
}

/* "a,b,c" or "-". */
static void add_all(struct table *table, struct model_list *list, const char *names,
                    int (*number)(struct table *table, const char *name))
{
    char copy[LINE_MAX_BYTES];
    char *rest = NULL;
    assert_true(strlen(names) < sizeof copy);
    memcpy(copy, names, strlen(names) + 1);
    if (strcmp(copy, "-") == 0) {
        return;
    }
    for (char *name = strtok_r(copy, ",", &rest); name != NULL; name = strtok_r(NULL, ",", &rest)) {
        add(list, number(table, name));
    }
}

/* What an entry cites in the end, from its own words or from those before it. */
static int effective(const struct table *table, int entry, bool wants_charter)
{
    const struct model_entry *entries = table->out->history.entries;
    while (entry != MODEL_NONE && entries[entry].grant == MODEL_NONE) {
        entry = entries[entry].prev;
    }
    if (entry == MODEL_NONE) {
        return 0;
    }
    return wants_charter ? entries[entry].charter : entries[entry].grant;
}

static void set_rules(struct table *table, struct model_entry *entry, const char *rules)
{
    entry->may_invite = strstr(rules, "invite") != NULL;
    entry->may_guests = strstr(rules, "guests") != NULL;
    if (!entry->may_invite && !entry->may_guests) {
        fail_line(table, "no rules are called", rules);
    }
}

static void set_bad(struct table *table, struct model_entry *entry, const char *what)
{
    entry->has_bad_signature = strcmp(what, "signature") == 0;
    entry->has_bad_invite = strcmp(what, "invite") == 0;
    entry->is_refused = strcmp(what, "ext") == 0;
    if (!entry->has_bad_signature && !entry->has_bad_invite && !entry->is_refused) {
        fail_line(table, "nothing bad is called", what);
    }
}

static void set_of(struct table *table, struct model_entry *entry, const char *name)
{
    const struct table_case *out = table->out;
    entry->of_device =
        find((const char(*)[TABLE_NAME_MAX])out->devices, out->history.device_count, name);
    if (entry->of_device == MODEL_NONE) {
        entry->of = label(table, name);
    }
}

static int removal(struct table *table, const char *name)
{
    static const char *const names[] = {"none", "member", "moderator"};
    for (int i = 0; i < 3; i++) {
        if (strcmp(names[i], name) == 0) {
            return i;
        }
    }
    fail_line(table, "nobody is removed to", name);
    return 0;
}

static void set_field(struct table *table, struct model_entry *entry, char *word, int *times)
{
    char *value = strchr(word, '=');
    if (value == NULL) {
        fail_line(table, "no key=value:", word);
        return;
    }
    *value++ = '\0';
    if (strcmp(word, "as") == 0) {
        entry->grant = label(table, value);
    } else if (strcmp(word, "charter") == 0) {
        entry->charter = label(table, value);
    } else if (strcmp(word, "prev") == 0) {
        entry->prev = label(table, value);
    } else if (strcmp(word, "hlc") == 0) {
        entry->hlc = strtoll(value, NULL, 10);
    } else if (strcmp(word, "until") == 0) {
        entry->until = strtoll(value, NULL, 10);
    } else if (strcmp(word, "person") == 0) {
        entry->person = person(table, value);
    } else if (strcmp(word, "role") == 0 || strcmp(word, "open") == 0) {
        entry->role = role(table, value);
    } else if (strcmp(word, "to") == 0) {
        entry->to = removal(table, value);
    } else if (strcmp(word, "of") == 0) {
        set_of(table, entry, value);
    } else if (strcmp(word, "target") == 0) {
        entry->of = label(table, value);
    } else if (strcmp(word, "device") == 0) {
        entry->of_device = device(table, value);
    } else if (strcmp(word, "founders") == 0) {
        add_all(table, &entry->founders, value, person);
    } else if (strcmp(word, "over") == 0) {
        add_all(table, &entry->over, value, label);
    } else if (strcmp(word, "grants") == 0) {
        add_all(table, &entry->grants, value, label);
    } else if (strcmp(word, "leaves") == 0) {
        add_all(table, &entry->cut, value, label);
        table->has_leaves = true;
    } else if (strcmp(word, "badleaves") == 0) {
        add_all(table, &entry->bad_leaves, value, label);
    } else if (strcmp(word, "rules") == 0) {
        set_rules(table, entry, value);
    } else if (strcmp(word, "bad") == 0) {
        set_bad(table, entry, value);
    } else if (strcmp(word, "times") == 0) {
        *times = (int)strtol(value, NULL, 10);
    } else {
        fail_line(table, "no key is called", word);
    }
}

/* A REVOKE of a door lists the JOINs that stay. */
static void tell_keep_from_cut(struct table *table, struct model_entry *entry)
{
    for (int i = 0; i < entry->grants.count; i++) {
        enum model_kind kind = table->out->history.entries[entry->grants.items[i]].kind;
        if (kind == MODEL_GENESIS || kind == MODEL_INVITE) {
            entry->keep = entry->cut;
            entry->cut.count = 0;
            return;
        }
    }
}

static void finish_entry(struct table *table, struct model_entry *entry, const char *device_name)
{
    int class = model_class(entry);
    if (entry->prev == MODEL_NONE) {
        entry->prev = table->last[entry->device][class];
        if (class == 1 && entry->prev == MODEL_NONE) {
            entry->prev = table->last[entry->device][0] == MODEL_NONE
                              ? MODEL_NONE
                              : model_join_of(&table->out->history, table->last[entry->device][0]);
        }
    }
    if (entry->kind == MODEL_JOIN || entry->kind == MODEL_GENESIS) {
        entry->prev = MODEL_NONE;
    }
    if (entry->kind == MODEL_JOIN) {
        entry->person =
            entry->person == MODEL_NONE ? device_owner(table, device_name) : entry->person;
    }
    bool cites =
        entry->grant != MODEL_NONE || entry->charter != MODEL_NONE || entry->kind == MODEL_GENESIS;
    if (cites) {
        int grant =
            entry->grant == MODEL_NONE ? effective(table, entry->prev, false) : entry->grant;
        int charter =
            entry->charter == MODEL_NONE ? effective(table, entry->prev, true) : entry->charter;
        entry->grant = grant;
        entry->charter = charter;
    }
    entry->is_root_signed = entry->kind == MODEL_LEAVE && table->has_leaves;
    if (entry->kind == MODEL_REVOKE) {
        tell_keep_from_cut(table, entry);
    }
}

static void put_entry(struct table *table, const struct model_entry *entry, const char *name,
                      int number)
{
    struct table_case *out = table->out;
    assert_true(out->history.count < MODEL_ENTRIES_MAX);
    char *own = out->labels[out->history.count];
    set_name(own, name);
    if (number > 0) {
        size_t size = strlen(own);
        assert_true(size + 4 < TABLE_NAME_MAX);
        own[size++] = '.';
        if (number >= 10) {
            own[size++] = (char)('0' + number / 10);
        }
        own[size++] = (char)('0' + number % 10);
        own[size] = '\0';
    }
    table->last[entry->device][model_class(entry)] = out->history.count;
    out->history.entries[out->history.count++] = *entry;
}

static void read_entry(struct table *table, char *name, char **rest, int place)
{
    char *device_name = strtok_r(NULL, " ", rest);
    char *kind = strtok_r(NULL, " ", rest);
    struct model_entry entry;
    memset(&entry, 0, sizeof entry);
    if (device_name == NULL || kind == NULL) {
        fail_line(table, "no entry", name);
        return;
    }
    int number = MODEL_NONE;
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(kinds); i++) {
        number = strcmp(kinds[i], kind) == 0 ? (int)i : number;
    }
    if (number == MODEL_NONE) {
        fail_line(table, "no op is called", kind);
        return;
    }
    entry.kind = (enum model_kind)number;
    (void)device_owner(table, device_name);
    entry.device = device(table, device_name);
    entry.hlc = place;
    entry.until = -1;
    entry.prev = entry.grant = entry.charter = entry.of = entry.of_device = MODEL_NONE;
    entry.person = MODEL_NONE;
    entry.role = MODEL_NONE;
    int times = 0;
    table->has_leaves = false;
    for (char *word = strtok_r(NULL, " ", rest); word != NULL; word = strtok_r(NULL, " ", rest)) {
        set_field(table, &entry, word, &times);
    }
    finish_entry(table, &entry, device_name);
    for (int i = 0; i < (times == 0 ? 1 : times); i++) {
        put_entry(table, &entry, name, times == 0 ? 0 : i + 1);
    }
}

static void expect(struct table *table, enum table_about about, char *word)
{
    struct table_case *out = table->out;
    struct table_expectation expectation = {about, MODEL_NONE, MODEL_NONE};
    if (about == TABLE_STANDING) {
        char *value = strchr(word, '=');
        if (value == NULL) {
            fail_line(table, "no person=role:", word);
            return;
        }
        *value++ = '\0';
        expectation.subject = person(table, word);
        expectation.role = role(table, value);
    } else {
        expectation.subject = label(table, word);
    }
    assert_true(out->expectation_count < TABLE_EXPECTATIONS_MAX);
    out->expectations[out->expectation_count++] = expectation;
}

/* True if the word begins a line of expectations. */
static bool read_expectations(struct table *table, const char *first, char **rest)
{
    static const char *const words[] = {"standing", "honoured", "void",   "hidden",
                                        "shown",    "charter",  "wanted", "unwanted"};
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(words); i++) {
        if (strcmp(words[i], first) != 0) {
            continue;
        }
        for (char *word = strtok_r(NULL, " ", rest); word != NULL;
             word = strtok_r(NULL, " ", rest)) {
            expect(table, (enum table_about)i, word);
        }
        return true;
    }
    return false;
}

/* Ids that begin with these bytes order as the labels do. */
static void choose_first_bytes(struct table_case *out)
{
    for (int i = 0; i < out->history.count; i++) {
        out->first_bytes[i] = 1;
        for (int k = 0; k < out->history.count; k++) {
            out->first_bytes[i] =
                (uint8_t)(out->first_bytes[i] + (strcmp(out->labels[k], out->labels[i]) < 0));
        }
    }
}

/* Copy the next line without comment and line end; false at the end of the text. */
static bool next_line(char out[LINE_MAX_BYTES], const char **text)
{
    if (**text == '\0') {
        return false;
    }
    size_t size = strcspn(*text, "\n");
    assert_true(size < LINE_MAX_BYTES);
    memcpy(out, *text, size);
    out[size] = '\0';
    *text += size + ((*text)[size] == '\n' ? 1 : 0);
    out[strcspn(out, "#")] = '\0';
    return true;
}

static bool is_case(const char *line)
{
    return strncmp(line, "case ", 5) == 0;
}

bool governance_table_next(struct table_case *out, const char **text)
{
    char line[LINE_MAX_BYTES];
    char words[LINE_MAX_BYTES];
    memset(out, 0, sizeof *out);
    do {
        if (!next_line(line, text)) {
            return false;
        }
    } while (!is_case(line));
    size_t size = strlen(line + 5);
    size = size < sizeof out->title ? size : sizeof out->title - 1;
    memcpy(out->title, line + 5, size);
    static struct table table;
    memset(&table, 0, sizeof table);
    table.out = out;
    table.line = line;
    int place = 0;
    for (const char *next = *text; next_line(line, &next) && !is_case(line); *text = next) {
        char *rest = NULL;
        memcpy(words, line, sizeof words);
        char *first = strtok_r(words, " ", &rest);
        if (first != NULL && !read_expectations(&table, first, &rest)) {
            read_entry(&table, first, &rest, ++place);
        }
    }
    choose_first_bytes(out);
    return true;
}
