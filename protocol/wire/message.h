/* Messages: what two nodes say to each other, as bytes (SPEC 10.4, 10.6).
 *
 * One table describes every message, so decoding and encoding cannot differ. Decoding is
 * total: any bytes give a message or an error, nothing is allocated, nothing is read twice.
 *
 * Words:  packed  a bin of equal rows without heads, for lists that are long
 *         paced   a message that its receiver did not ask for; how often is limited (SPEC 10.16)
 *         weighed a message that needs credit (SPEC 10.10)
 */
#ifndef COPSE_PROTOCOL_WIRE_MESSAGE_H
#define COPSE_PROTOCOL_WIRE_MESSAGE_H

#include "protocol/entry/id.h"
#include "protocol/wire/noise.h"

#define COPSE_MESSAGE_BYTES_MAX 65519u /* SPEC 10.4 */
#define COPSE_MESSAGE_HANDLES 64u      /* SPEC 10.5 */
#define COPSE_MESSAGE_AGENT_MAX 64u    /* SPEC 10.6, as all that follow */
#define COPSE_MESSAGE_TEXT_MAX 128u
#define COPSE_MESSAGE_TAG_BYTES 16u
#define COPSE_MESSAGE_PROOF_BYTES 64u
#define COPSE_MESSAGE_RUN_MAX 60000u
#define COPSE_MESSAGE_ADMISSION_MAX 16384u
#define COPSE_MESSAGE_PARTS_MAX 32768u
#define COPSE_MESSAGE_KNOWN_BYTES 12u /* seq and tag */
#define COPSE_MESSAGE_KNOWN_MAX 64u
#define COPSE_MESSAGE_IDS_MAX 64u
#define COPSE_MESSAGE_SALTED_MAX (COPSE_CONTENT_SALT_BYTES + COPSE_CONTENT_BYTES_MAX)

enum copse_message_type {
    COPSE_MESSAGE_HELLO = 0,
    COPSE_MESSAGE_BYE = 2,
    COPSE_MESSAGE_PING = 4,
    COPSE_MESSAGE_PONG = 6,
    COPSE_MESSAGE_CREDIT = 8,
    COPSE_MESSAGE_OPEN = 10,
    COPSE_MESSAGE_OPENED = 12,
    COPSE_MESSAGE_CLOSE = 14,
    COPSE_MESSAGE_SUMMARY = 16,
    COPSE_MESSAGE_SAME = 18,
    COPSE_MESSAGE_RANGES = 20,
    COPSE_MESSAGE_RUN = 22,
    COPSE_MESSAGE_SENT = 24,
    COPSE_MESSAGE_LOCATE = 26,
    COPSE_MESSAGE_CWANT = 28,
    COPSE_MESSAGE_CDATA = 30,
    COPSE_MESSAGE_CNONE = 32,
};

/* name, value (SPEC 10.7), text for a person */
// clang-format off
#define COPSE_CODE_MAP(X)                                                                          \
    X(NONE,          0, "all is said")                                                             \
    X(VERSION,       1, "no common version")                                                       \
    X(STATE,         2, "a message that does not belong here")                                     \
    X(MALFORMED,     3, "a message that cannot be read")                                           \
    X(TOO_LARGE,     4, "more than is taken at once")                                              \
    X(RATE,          5, "too many messages")                                                       \
    X(BUSY,          6, "busy; later")                                                             \
    X(UNSUPPORTED,   7, "a message of a later version")                                            \
    X(AUTH,          8, "not who it claims to be")                                                 \
    X(NOT_MEMBER,    9, "not open to this peer")                                                   \
    X(HANDLE,       10, "a handle that was never given")                                           \
    X(BAD_ENTRY,    11, "an entry that breaks the rules of form")                                  \
    X(SIGNATURE,    12, "a bad signature")                                                         \
    X(TIMEOUT,      15, "no progress for too long")                                                \
    X(STUCK,        16, "the same difference again after an exchange")                             \
    X(SHUTDOWN,     17, "shutting down")                                                           \
    X(WRONG_PEER,   18, "not the node that was called")                                            \
    X(DUPLICATE,    19, "open already")
// clang-format on

enum copse_code {
#define COPSE_CODE_ENUM(name, value, text) COPSE_CODE_##name = (value),
    COPSE_CODE_MAP(COPSE_CODE_ENUM)
#undef COPSE_CODE_ENUM
};

/* A decoded message. `handle` is meaningful for the types that name a community; of the
 * union, the member of its type. Slices borrow from the bytes that were decoded. */
struct copse_message {
    enum copse_message_type type;
    uint64_t handle;
    union {
        struct {
            uint64_t version_min;
            uint64_t version_max;
            uint64_t features;
            struct copse_slice agent;
            uint64_t wall_ms;
            uint64_t credit;
        } hello;
        struct {
            uint64_t code;
            uint64_t wait_s;
            struct copse_slice text;
        } bye;
        uint64_t token;  /* PING, PONG */
        uint64_t credit; /* CREDIT */
        uint64_t code;   /* CLOSE */
        struct {
            struct copse_slice tag;
            struct copse_slice device; /* this one and the next two: OPENED only */
            struct copse_slice proof;
            struct copse_slice admission; /* data NULL: none */
        } open;                           /* OPEN, OPENED */
        uint64_t sums[2];                 /* SUMMARY: by class */
        struct {
            uint64_t class;
            struct copse_slice parts; /* an array; read by reconcile.h */
        } ranges;
        struct copse_slice run; /* RUN */
        struct {
            uint64_t class;
            uint64_t is_answer;
            struct copse_slice author;
            struct copse_slice known; /* packed */
        } locate;
        struct {
            uint64_t what;             /* CWANT: enum copse_message_what */
            uint64_t why;              /* CNONE: enum copse_message_why */
            struct copse_slice id;     /* CDATA, CNONE; of CWANT packed ids */
            struct copse_slice salted; /* CDATA; or the bytes of an entry, if that was asked for */
        } content;
    };
};

/* What is asked for of an entry (CWANT). */
enum copse_message_what {
    COPSE_MESSAGE_CONTENTS = 0,
    COPSE_MESSAGE_ENTRIES = 1, /* itself, to be held loose: SPEC 6.14 */
};

/* Why it is not given (CNONE). */
enum copse_message_why {
    COPSE_MESSAGE_MISSING = 0,
    COPSE_MESSAGE_ERASED = 1,
    COPSE_MESSAGE_DECLINED = 2,
};

/* Read the plaintext of a record (untrusted; borrowed as long as the slices in *out are used).
 * COPSE_OK; COPSE_ERR_NOT_FOUND: an unknown odd type, to be ignored; COPSE_ERR_VERSION: an unknown
 * even type; COPSE_ERR_DECODE: malformed. */
enum copse_err copse_message_decode(struct copse_message *out,
                                    struct copse_slice bytes) COPSE_MUST_CHECK;

/* Write a message into `room`; *out borrows from it. A field out of its range is a bug.
 * COPSE_OK, or COPSE_ERR_LIMIT when there is no room. */
enum copse_err copse_message_encode(struct copse_slice *out, struct copse_noise_room room,
                                    const struct copse_message *message) COPSE_MUST_CHECK;

/* Properties of a type, from the table. */
bool copse_message_has_handle(enum copse_message_type type);
bool copse_message_is_paced(enum copse_message_type type);
bool copse_message_is_weighed(enum copse_message_type type);

/* Sentence for a code; static. Codes of later versions have a common one. */
const char *copse_message_code_text(uint64_t code);

#endif
