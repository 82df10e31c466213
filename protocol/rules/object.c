/* How it works: `rows` is the table of SPEC 8.5 in rising order of (kind, number), so that the
 * rows of a kind are neighbours. Everything else looks things up in it.
 */
#include "protocol/rules/object.h"

#define LINE_BYTES COPSE_OBJECT_LINE_BYTES_MAX
#define PROSE_BYTES COPSE_OBJECT_TEXT_BYTES_MAX
#define LANG_BYTES 35u /* room for any language tag in use; RFC 5646, 4.4.1 */
#define TAG_BYTES 128u
#define TRIED_MOST 2u  /* 0 it did not work, 1 partly, 2 it worked */
#define FOLLOW_MOST 3u /* how closely, 0 not at all */

// clang-format off
#define ROW(kind, number, lane, value, max, who)                    \
    {COPSE_OBJECT_##kind, COPSE_OBJECT_FIELD_##number,              \
     COPSE_OBJECT_##lane, COPSE_OBJECT_##value, max, COPSE_OBJECT_##who}

static const struct copse_object_field rows[] = {
    ROW(COMMUNITY, NAME,           REGISTER, LINE,   LINE_BYTES,  COORDINATOR),
    ROW(COMMUNITY, LANG,           REGISTER, LINE,   LANG_BYTES,  COORDINATOR),
    ROW(COMMUNITY, DOMAIN,         REGISTER, PROSE,  PROSE_BYTES, COORDINATOR),
    ROW(COMMUNITY, PURPOSE,        REGISTER, PROSE,  PROSE_BYTES, COORDINATOR),
    ROW(COMMUNITY, NORMS,          REGISTER, PROSE,  PROSE_BYTES, COORDINATOR),
    ROW(COMMUNITY, PRACTICE,       REGISTER, PROSE,  PROSE_BYTES, COORDINATOR),
    ROW(COMMUNITY, VALUES,         REGISTER, PROSE,  PROSE_BYTES, COORDINATOR),
    ROW(COMMUNITY, WHO,            REGISTER, PROSE,  PROSE_BYTES, COORDINATOR),
    ROW(COMMUNITY, FOLLOW,         MARK,     COUNT,  FOLLOW_MOST, ANY),

    ROW(PERSON,    NAME,           REGISTER, LINE,   LINE_BYTES,  SELF),
    ROW(PERSON,    LANG,           REGISTER, LINE,   LANG_BYTES,  SELF),
    ROW(PERSON,    ABOUT,          REGISTER, PROSE,  PROSE_BYTES, SELF),
    ROW(PERSON,    OFFERS,         SET,      LINE,   LINE_BYTES,  SELF),
    ROW(PERSON,    THANKS,         MARK,     BOOL,   0,           ANY),
    ROW(PERSON,    FOLLOW,         MARK,     COUNT,  FOLLOW_MOST, ANY),

    ROW(PAGE,      TYPE,           REGISTER, CHOICE, UINT32_MAX,  ANY),
    ROW(PAGE,      TITLE,          REGISTER, LINE,   LINE_BYTES,  ANY),
    ROW(PAGE,      BODY,           TEXT,     PROSE,  0,           ANY),
    ROW(PAGE,      LANG,           REGISTER, LINE,   LANG_BYTES,  ANY),
    ROW(PAGE,      STATUS,         REGISTER, CHOICE, UINT32_MAX,  STEWARD),
    ROW(PAGE,      SOURCE,         REGISTER, LINE,   LINE_BYTES,  OWN),
    ROW(PAGE,      CONTINUES,      REGISTER, ID,     0,           OWN),
    ROW(PAGE,      CLAIMED_AUTHOR, REGISTER, LINE,   LINE_BYTES,  OWN),
    ROW(PAGE,      CLAIMED_TIME,   REGISTER, TIME,   0,           OWN),
    ROW(PAGE,      EXTRA,          REGISTER, PROSE,  PROSE_BYTES, OWN),
    ROW(PAGE,      TAGS,           SET,      LINE,   TAG_BYTES,   ANY),
    ROW(PAGE,      ALIASES,        SET,      LINE,   LINE_BYTES,  ANY),
    ROW(PAGE,      LINKS,          SET,      ID,     0,           ANY),
    ROW(PAGE,      THANKS,         MARK,     BOOL,   0,           ANY),
    ROW(PAGE,      USEFUL,         MARK,     BOOL,   0,           ANY),
    ROW(PAGE,      TRIED,          MARK,     COUNT,  TRIED_MOST,  ANY),
    ROW(PAGE,      FOLLOW,         MARK,     COUNT,  FOLLOW_MOST, ANY),
    ROW(PAGE,      PUBLIC,         FLAG,     BOOL,   0,           OWN),
    ROW(PAGE,      PINNED,         FLAG,     BOOL,   0,           STEWARD),

    ROW(POST,      TYPE,           REGISTER, CHOICE, UINT32_MAX,  OWN),
    ROW(POST,      TITLE,          REGISTER, LINE,   LINE_BYTES,  OWN),
    ROW(POST,      BODY,           REGISTER, PROSE,  PROSE_BYTES, OWN),
    ROW(POST,      LANG,           REGISTER, LINE,   LANG_BYTES,  OWN),
    ROW(POST,      TAGS,           SET,      LINE,   TAG_BYTES,   ANY),
    ROW(POST,      ACCEPTED,       SET,      ID,     0,           OWN),
    ROW(POST,      THANKS,         MARK,     BOOL,   0,           ANY),
    ROW(POST,      USEFUL,         MARK,     BOOL,   0,           ANY),
    ROW(POST,      FOLLOW,         MARK,     COUNT,  FOLLOW_MOST, ANY),
    ROW(POST,      PUBLIC,         FLAG,     BOOL,   0,           OWN),
    ROW(POST,      PINNED,         FLAG,     BOOL,   0,           STEWARD),
};

#undef ROW

static const struct {
    enum copse_object_kind kind;
    enum copse_object_number field;
    uint32_t number;
    const char *name;
} choices[] = {
    {COPSE_OBJECT_PAGE, COPSE_OBJECT_FIELD_TYPE,   0, "document"},
    {COPSE_OBJECT_PAGE, COPSE_OBJECT_FIELD_TYPE,   1, "practice"},
    {COPSE_OBJECT_PAGE, COPSE_OBJECT_FIELD_TYPE,   2, "term"},
    {COPSE_OBJECT_PAGE, COPSE_OBJECT_FIELD_TYPE,   3, "story"},
    {COPSE_OBJECT_PAGE, COPSE_OBJECT_FIELD_TYPE,   4, "tool"},
    {COPSE_OBJECT_PAGE, COPSE_OBJECT_FIELD_TYPE,   5, "model"},
    {COPSE_OBJECT_PAGE, COPSE_OBJECT_FIELD_STATUS, 0, "draft"},
    {COPSE_OBJECT_PAGE, COPSE_OBJECT_FIELD_STATUS, 1, "agreed"},
    {COPSE_OBJECT_PAGE, COPSE_OBJECT_FIELD_STATUS, 2, "retired"},
    {COPSE_OBJECT_POST, COPSE_OBJECT_FIELD_TYPE,   0, "talk"},
    {COPSE_OBJECT_POST, COPSE_OBJECT_FIELD_TYPE,   1, "question"},
    {COPSE_OBJECT_POST, COPSE_OBJECT_FIELD_TYPE,   2, "problem"},
    {COPSE_OBJECT_POST, COPSE_OBJECT_FIELD_TYPE,   3, "solution"},
    {COPSE_OBJECT_POST, COPSE_OBJECT_FIELD_TYPE,   4, "insight"},
    {COPSE_OBJECT_POST, COPSE_OBJECT_FIELD_TYPE,   5, "story"},
    {COPSE_OBJECT_POST, COPSE_OBJECT_FIELD_TYPE,   6, "answer"},
    {COPSE_OBJECT_POST, COPSE_OBJECT_FIELD_TYPE,   7, "trial"},
};
// clang-format on

const struct copse_object_field *copse_object_field(uint32_t kind, uint32_t number)
{
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(rows); i++) {
        if ((uint32_t)rows[i].kind == kind && (uint32_t)rows[i].number == number) {
            return &rows[i];
        }
    }
    return NULL;
}

const struct copse_object_field *copse_object_field_named(uint32_t kind, struct copse_slice name)
{
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(rows); i++) {
        const char *known = copse_object_field_name(&rows[i]);
        if ((uint32_t)rows[i].kind == kind &&
            copse_bytes_equal(copse_bytes_of_string(known), name)) {
            return &rows[i];
        }
    }
    return NULL;
}

const struct copse_object_field *copse_object_field_at(uint32_t kind, size_t index)
{
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(rows); i++) {
        if ((uint32_t)rows[i].kind != kind) {
            continue;
        }
        if (index == 0) {
            return &rows[i];
        }
        index--;
    }
    return NULL;
}

bool copse_object_is_known(uint32_t kind)
{
    return copse_object_field_at(kind, 0) != NULL;
}

bool copse_object_is_creatable(uint32_t kind)
{
    return copse_object_is_known(kind) && kind != COPSE_OBJECT_COMMUNITY &&
           kind != COPSE_OBJECT_PERSON;
}

const char *copse_object_field_name(const struct copse_object_field *field)
{
    switch (field->number) {
#define COPSE_OBJECT_CASE(name, value, text)                                                       \
    case COPSE_OBJECT_FIELD_##name:                                                                \
        return text;
        COPSE_OBJECT_FIELD_MAP(COPSE_OBJECT_CASE)
#undef COPSE_OBJECT_CASE
    }
    COPSE_ASSERT(false); /* every row has one of these numbers */
    return NULL;
}

const char *copse_object_kind_name(uint32_t kind)
{
    static const char *const names[] = {
#define COPSE_OBJECT_NAME(name, number, text) [(number)] = (text),
        COPSE_OBJECT_KIND_MAP(COPSE_OBJECT_NAME)
#undef COPSE_OBJECT_NAME
    };
    return kind < COPSE_ARRAY_SIZE(names) ? names[kind] : NULL;
}

const char *copse_object_choice_name(const struct copse_object_field *field, uint64_t number)
{
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(choices); i++) {
        if (choices[i].kind == field->kind && choices[i].field == field->number &&
            choices[i].number == number) {
            return choices[i].name;
        }
    }
    return NULL;
}

enum copse_err copse_object_choice_named(uint64_t *out, const struct copse_object_field *field,
                                         struct copse_slice name)
{
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(choices); i++) {
        if (choices[i].kind == field->kind && choices[i].field == field->number &&
            copse_bytes_equal(copse_bytes_of_string(choices[i].name), name)) {
            *out = choices[i].number;
            return COPSE_OK;
        }
    }
    return COPSE_ERR_NOT_FOUND;
}

/* SPEC 8.3: "no control character: none below U+0020, and not U+007F" */
static bool has_control(struct copse_slice text, enum copse_object_value value)
{
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        bool is_layout = value == COPSE_OBJECT_PROSE && (byte == '\n' || byte == '\t');
        if ((byte < 0x20 && !is_layout) || byte == 0x7f) {
            return true;
        }
    }
    return false;
}

bool copse_object_takes(const struct copse_object_field *field, struct copse_slice value)
{
    struct copse_reader reader;
    copse_reader_init(&reader, value);
    switch (field->value) {
    case COPSE_OBJECT_LINE:
    case COPSE_OBJECT_PROSE:
        if (has_control(copse_reader_str(&reader, field->max), field->value)) {
            return false;
        }
        break;
    case COPSE_OBJECT_COUNT:
    case COPSE_OBJECT_CHOICE:
        (void)copse_reader_uint(&reader, field->max);
        break;
    case COPSE_OBJECT_BOOL:
        (void)copse_reader_bool(&reader);
        break;
    case COPSE_OBJECT_ID:
        (void)copse_reader_id(&reader);
        break;
    case COPSE_OBJECT_TIME:
        (void)copse_reader_int(&reader);
        break;
    }
    return copse_reader_end(&reader) == COPSE_OK;
}

/* SPEC 8.4: "a map from field to value" */
enum copse_err copse_object_initial(struct copse_slice *out, struct copse_slice content,
                                    uint32_t number)
{
    struct copse_reader reader;
    copse_reader_init(&reader, content);
    size_t count = copse_reader_map(&reader, COPSE_OBJECT_INITIAL_MAX);
    struct copse_slice found = {NULL, 0};
    int64_t last = -1;
    for (size_t i = 0; i < count; i++) {
        bool is_wanted = copse_reader_key(&reader, &last) == number;
        struct copse_slice value = copse_reader_value(&reader, 2);
        if (is_wanted) {
            found = value;
        }
    }
    if (copse_reader_end(&reader) != COPSE_OK) {
        return COPSE_ERR_DECODE;
    }
    if (found.data == NULL) {
        return COPSE_ERR_NOT_FOUND;
    }
    *out = found;
    return COPSE_OK;
}
