/* How it works: the file is canonical msgpack,
 *
 *   [2, person, device seed, certificate, node key, code or nil]
 *
 * written whole each time it changes. A code is 16 random bytes and 12 bits of their hash, in the
 * 32 letters and digits that leave out I, L, O and U: one mistyped letter is told from a wrong
 * code. The bytes are as hard to guess as a key, so no slow hash stands before it.
 */
#include "storage/keyring.h"

#include "protocol/base/reader.h"
#include "protocol/base/writer.h"
#include "storage/disk.h"

#include <sodium.h>
#include <string.h>
#include <unistd.h>

#define VERSION 2u
#define FILE_BYTES_MAX 1024u
#define CODE_SECRET_BYTES 16u
#define CODE_LETTERS (COPSE_KEYRING_GROUPS * COPSE_KEYRING_GROUP_LETTERS)
#define NODE_BYTES 32u

_Static_assert(CODE_LETTERS * 5 == CODE_SECRET_BYTES * 8 + 12, "bits of the code");

struct copse_keyring {
    const struct copse_memory *memory;
    struct copse_disk_path home;
    struct copse_id person;
    struct copse_id device;
    struct copse_secret secret;
    struct copse_signature certificate;
    struct copse_keyring_code code;
    uint8_t device_seed[COPSE_SEED_BYTES];
    uint8_t node[NODE_BYTES];
    bool has_code;
};

/* ---- the code ---- */

static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* The number of a letter as typed; 32 for one that is none. */
static unsigned letter_number(char typed)
{
    if (typed >= 'a' && typed <= 'z') {
        typed = (char)(typed - 'a' + 'A');
    }
    if (typed == 'O') {
        typed = '0';
    } else if (typed == 'I' || typed == 'L') {
        typed = '1';
    }
    for (unsigned i = 0; i < 32; i++) {
        if (letters[i] == typed) {
            return i;
        }
    }
    return 32;
}

static bool is_filler(char typed)
{
    return typed == '-' || typed == ' ' || typed == '\t' || typed == '\n' || typed == '\r';
}

static unsigned checksum(const uint8_t secret[CODE_SECRET_BYTES])
{
    uint8_t hash[crypto_generichash_BYTES_MIN];
    (void)crypto_generichash(hash, sizeof hash, secret, CODE_SECRET_BYTES, NULL, 0);
    unsigned sum = ((unsigned)hash[0] << 4) | (hash[1] >> 4);
    sodium_memzero(hash, sizeof hash);
    return sum;
}

/* Five bits a letter, most significant first; the checksum's 12 bits come last. */
static void code_to_text(struct copse_keyring_code *out, const uint8_t secret[CODE_SECRET_BYTES])
{
    uint8_t bits[CODE_SECRET_BYTES + 2];
    unsigned sum = checksum(secret);
    memcpy(bits, secret, CODE_SECRET_BYTES);
    bits[CODE_SECRET_BYTES] = (uint8_t)(sum >> 4);
    bits[CODE_SECRET_BYTES + 1] = (uint8_t)((sum & 15u) << 4);
    char *at = out->text;
    for (size_t i = 0; i < CODE_LETTERS; i++) {
        size_t bit = i * 5;
        unsigned window = (unsigned)bits[bit / 8] << 8;
        if (bit / 8 + 1 < sizeof bits) {
            window |= bits[bit / 8 + 1];
        }
        if (i > 0 && i % COPSE_KEYRING_GROUP_LETTERS == 0) {
            *at++ = '-';
        }
        *at++ = letters[(window >> (11 - bit % 8)) & 31u];
    }
    *at = '\0';
    sodium_memzero(bits, sizeof bits);
}

static enum copse_err code_from_text(uint8_t out[CODE_SECRET_BYTES], const char *text)
{
    uint8_t bits[CODE_SECRET_BYTES + 2] = {0};
    size_t count = 0;
    for (const char *at = text; *at != '\0'; at++) {
        if (is_filler(*at)) {
            continue;
        }
        unsigned number = letter_number(*at);
        if (number == 32 || count == CODE_LETTERS) {
            return COPSE_ERR_DECODE;
        }
        for (size_t i = 0; i < 5; i++) {
            size_t bit = count * 5 + i;
            bits[bit / 8] |= (uint8_t)(((number >> (4 - i)) & 1u) << (7 - bit % 8));
        }
        count++;
    }
    unsigned sum = ((unsigned)bits[CODE_SECRET_BYTES] << 4) | (bits[CODE_SECRET_BYTES + 1] >> 4);
    enum copse_err err = COPSE_OK;
    if (count != CODE_LETTERS || sum != checksum(bits)) {
        err = COPSE_ERR_DECODE;
    } else {
        memcpy(out, bits, CODE_SECRET_BYTES);
    }
    sodium_memzero(bits, sizeof bits);
    return err;
}

void copse_keyring_forget(struct copse_keyring_code *code)
{
    sodium_memzero(code, sizeof *code);
}

/* ---- the root key ---- */

/* SPEC 3.7: "The seed of the root key is the hash, personalised `copse.root.v1`, of the 16 bytes."
 */
static void root_of_secret(struct copse_id *person, struct copse_secret *root,
                           const uint8_t secret[CODE_SECRET_BYTES])
{
    static const uint8_t personal[crypto_generichash_blake2b_PERSONALBYTES] = "copse.root.v1";
    uint8_t seed[COPSE_SEED_BYTES];
    (void)crypto_generichash_blake2b_salt_personal(seed, sizeof seed, secret, CODE_SECRET_BYTES,
                                                   NULL, 0, NULL, personal);
    copse_key_from_seed(person, root, seed);
    sodium_memzero(seed, sizeof seed);
}

static enum copse_err root_of_code(struct copse_id *person, struct copse_secret *root,
                                   const char *code)
{
    uint8_t secret[CODE_SECRET_BYTES];
    enum copse_err err = code_from_text(secret, code);
    if (err == COPSE_OK) {
        root_of_secret(person, root, secret);
    }
    sodium_memzero(secret, sizeof secret);
    return err;
}

/* ---- the file ---- */

static enum copse_err write_file(const struct copse_keyring *keyring, struct copse_error *error)
{
    uint8_t room[FILE_BYTES_MAX];
    struct copse_writer writer;
    copse_writer_init(&writer, room, sizeof room);
    copse_writer_array(&writer, 6);
    copse_writer_uint(&writer, VERSION);
    copse_writer_bin(&writer, copse_bytes_of_id(&keyring->person));
    copse_writer_bin(&writer,
                     (struct copse_slice){keyring->device_seed, sizeof keyring->device_seed});
    copse_writer_bin(&writer, (struct copse_slice){keyring->certificate.bytes,
                                                   sizeof keyring->certificate.bytes});
    copse_writer_bin(&writer, (struct copse_slice){keyring->node, sizeof keyring->node});
    if (keyring->has_code) {
        copse_writer_str(&writer, copse_bytes_of_string(keyring->code.text));
    } else {
        copse_writer_nil(&writer);
    }
    struct copse_slice bytes;
    enum copse_err err = copse_writer_end(&bytes, &writer);
    if (err == COPSE_OK) {
        err = copse_disk_write(keyring->home.text, COPSE_KEYRING_FILE, bytes, error);
    }
    sodium_memzero(room, sizeof room);
    return err;
}

static void read_bin(struct copse_reader *reader, uint8_t *out, size_t size)
{
    struct copse_slice bytes = copse_reader_bin(reader, size);
    if (bytes.size != size) {
        copse_reader_fail(reader);
        return;
    }
    memcpy(out, bytes.data, size);
}

static enum copse_err read_file(struct copse_keyring *keyring, struct copse_slice bytes)
{
    struct copse_reader reader;
    copse_reader_init(&reader, bytes);
    if (copse_reader_array(&reader, 6) != 6) {
        copse_reader_fail(&reader);
    }
    uint64_t version = copse_reader_uint(&reader, UINT32_MAX);
    if (version == 0) { /* the reader failed, or nobody ever wrote this */
        copse_reader_fail(&reader);
    } else if (version != VERSION) {
        return version > VERSION ? COPSE_ERR_VERSION : COPSE_ERR_REFUSED;
    }
    read_bin(&reader, keyring->person.bytes, sizeof keyring->person.bytes);
    read_bin(&reader, keyring->device_seed, sizeof keyring->device_seed);
    read_bin(&reader, keyring->certificate.bytes, sizeof keyring->certificate.bytes);
    read_bin(&reader, keyring->node, sizeof keyring->node);
    keyring->has_code = !copse_reader_nil(&reader);
    if (keyring->has_code) {
        struct copse_slice code = copse_reader_str(&reader, COPSE_KEYRING_CODE_BYTES - 1);
        if (code.size != COPSE_KEYRING_CODE_BYTES - 1) {
            copse_reader_fail(&reader);
        } else {
            memcpy(keyring->code.text, code.data, code.size);
            keyring->code.text[code.size] = '\0';
        }
    }
    enum copse_err err = copse_reader_end(&reader);
    if (err != COPSE_OK) {
        return COPSE_ERR_CORRUPT;
    }
    copse_key_from_seed(&keyring->device, &keyring->secret, keyring->device_seed);
    err = copse_key_verify(copse_key_ed25519(), &keyring->person, COPSE_KEY_DEVICE,
                           copse_bytes_of_id(&keyring->device), &keyring->certificate);
    return err == COPSE_OK ? COPSE_OK : COPSE_ERR_CORRUPT;
}

static enum copse_err new_keyring(struct copse_keyring **out, const char *home,
                                  const struct copse_memory *memory)
{
    struct copse_keyring *keyring = copse_memory_new(memory, 1, sizeof *keyring);
    if (keyring == NULL) {
        return COPSE_ERR_NOMEM;
    }
    keyring->memory = memory;
    size_t size = strlen(home);
    if (size >= sizeof keyring->home.text) {
        copse_memory_free(memory, keyring);
        return COPSE_ERR_LIMIT;
    }
    memcpy(keyring->home.text, home, size + 1);
    *out = keyring;
    return COPSE_OK;
}

void copse_keyring_close(struct copse_keyring *keyring)
{
    if (keyring == NULL) {
        return;
    }
    const struct copse_memory *memory = keyring->memory;
    sodium_memzero(keyring, sizeof *keyring);
    copse_memory_free(memory, keyring);
}

enum copse_err copse_keyring_open(struct copse_keyring **out, const char *home,
                                  const struct copse_memory *memory, struct copse_error *error)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    unsigned mode = 0;
    struct copse_keyring *keyring = NULL;
    enum copse_err err = copse_disk_read(&bytes, &size, &mode, home, COPSE_KEYRING_FILE,
                                         FILE_BYTES_MAX, memory, error);
    if (err == COPSE_ERR_LIMIT) {
        err = COPSE_ERR_CORRUPT;
    }
    if (err != COPSE_OK) {
        return err;
    }
    if ((mode & 077u) != 0) {
        err = copse_error_set(error, COPSE_ERR_REFUSED,
                              "others may read %s/%s; take that away: chmod 600", home,
                              COPSE_KEYRING_FILE);
    }
    if (err == COPSE_OK) {
        err = new_keyring(&keyring, home, memory);
    }
    if (err == COPSE_OK) {
        err = read_file(keyring, (struct copse_slice){bytes, size});
        if (err != COPSE_OK) {
            copse_keyring_close(keyring);
            const char *what = err == COPSE_ERR_VERSION   ? "is of a later version of copse"
                               : err == COPSE_ERR_REFUSED ? "is of a trial version; begin anew "
                                                            "with another --home"
                                                          : "is damaged";
            err = copse_error_set(error, err, "%s/%s %s", home, COPSE_KEYRING_FILE, what);
        }
    }
    sodium_memzero(bytes, size);
    copse_memory_free(memory, bytes);
    if (err == COPSE_OK) {
        *out = keyring;
    }
    return err;
}

/* ---- making ---- */

/* A new device key with its certificate. */
static void make_device(struct copse_keyring *keyring, const struct copse_secret *root)
{
    randombytes_buf(keyring->device_seed, sizeof keyring->device_seed);
    copse_key_from_seed(&keyring->device, &keyring->secret, keyring->device_seed);
    copse_key_sign(copse_key_ed25519(), &keyring->certificate, COPSE_KEY_DEVICE,
                   copse_bytes_of_id(&keyring->device), root);
}

static void make_person(struct copse_keyring *keyring, struct copse_secret *root)
{
    uint8_t secret[CODE_SECRET_BYTES];
    randombytes_buf(secret, sizeof secret);
    root_of_secret(&keyring->person, root, secret);
    code_to_text(&keyring->code, secret);
    keyring->has_code = true;
    sodium_memzero(secret, sizeof secret);
}

enum copse_err copse_keyring_create(const char *home, const char *code,
                                    const struct copse_memory *memory, struct copse_error *error)
{
    struct copse_disk_path path;
    struct copse_keyring *keyring = NULL;
    struct copse_secret root = {{0}};
    enum copse_err err = copse_disk_make_directory(home, error);
    if (err == COPSE_OK) {
        err = copse_disk_join(&path, home, COPSE_KEYRING_FILE, error);
    }
    if (err == COPSE_OK && access(path.text, F_OK) == 0) {
        err = copse_error_set(error, COPSE_ERR_EXISTS, "%s is there already", path.text);
    }
    if (err == COPSE_OK) {
        err = new_keyring(&keyring, home, memory);
    }
    if (err != COPSE_OK) {
        return err;
    }
    if (code == NULL) {
        make_person(keyring, &root);
    } else {
        err = root_of_code(&keyring->person, &root, code);
    }
    if (err == COPSE_OK) {
        make_device(keyring, &root);
        randombytes_buf(keyring->node, sizeof keyring->node);
        err = write_file(keyring, error);
    }
    copse_key_forget(&root);
    copse_keyring_close(keyring);
    return err;
}

enum copse_err copse_keyring_read_code(struct copse_id *person, const char *code)
{
    struct copse_secret root = {{0}};
    enum copse_err err = root_of_code(person, &root, code);
    copse_key_forget(&root);
    return err;
}

enum copse_err copse_keyring_root(const struct copse_keyring *keyring, struct copse_secret *out,
                                  const char *code)
{
    struct copse_id person;
    enum copse_err err = root_of_code(&person, out, code);
    if (err == COPSE_OK && !copse_bytes_equal_ids(&person, &keyring->person)) {
        copse_key_forget(out);
        err = COPSE_ERR_SIGNATURE;
    }
    return err;
}

enum copse_err copse_keyring_renew(struct copse_keyring *keyring, const char *code,
                                   struct copse_error *error)
{
    struct copse_secret root;
    enum copse_err err = copse_keyring_root(keyring, &root, code);
    if (err != COPSE_OK) {
        return err;
    }
    struct copse_keyring before = *keyring;
    make_device(keyring, &root);
    copse_key_forget(&root);
    err = write_file(keyring, error);
    if (err != COPSE_OK) {
        *keyring = before;
    }
    sodium_memzero(&before, sizeof before);
    return err;
}

/* ---- reading ---- */

const struct copse_id *copse_keyring_person(const struct copse_keyring *keyring)
{
    return &keyring->person;
}

const struct copse_id *copse_keyring_device(const struct copse_keyring *keyring)
{
    return &keyring->device;
}

const struct copse_secret *copse_keyring_secret(const struct copse_keyring *keyring)
{
    return &keyring->secret;
}

const struct copse_signature *copse_keyring_certificate(const struct copse_keyring *keyring)
{
    return &keyring->certificate;
}

const uint8_t *copse_keyring_node(const struct copse_keyring *keyring)
{
    return keyring->node;
}

enum copse_err copse_keyring_code(const struct copse_keyring *keyring,
                                  struct copse_keyring_code *out)
{
    if (!keyring->has_code) {
        return COPSE_ERR_NOT_FOUND;
    }
    *out = keyring->code;
    return COPSE_OK;
}

bool copse_keyring_is_confirmed(const struct copse_keyring *keyring)
{
    return !keyring->has_code;
}

static bool is_group(const struct copse_keyring_code *code,
                     const struct copse_keyring_answer *answer)
{
    if (answer->group >= COPSE_KEYRING_GROUPS) {
        return false;
    }
    const char *expected = code->text + answer->group * (COPSE_KEYRING_GROUP_LETTERS + 1);
    size_t count = 0;
    for (const char *at = answer->text; *at != '\0'; at++) {
        if (is_filler(*at)) {
            continue;
        }
        if (count == COPSE_KEYRING_GROUP_LETTERS ||
            letter_number(*at) != letter_number(expected[count])) {
            return false;
        }
        count++;
    }
    return count == COPSE_KEYRING_GROUP_LETTERS;
}

enum copse_err copse_keyring_confirm(struct copse_keyring *keyring,
                                     const struct copse_keyring_answer answers[2],
                                     struct copse_error *error)
{
    if (!keyring->has_code) {
        return COPSE_ERR_NOT_FOUND;
    }
    if (answers[0].group == answers[1].group || !is_group(&keyring->code, &answers[0]) ||
        !is_group(&keyring->code, &answers[1])) {
        return COPSE_ERR_SIGNATURE;
    }
    keyring->has_code = false;
    enum copse_err err = write_file(keyring, error);
    if (err != COPSE_OK) {
        keyring->has_code = true;
        return err;
    }
    copse_keyring_forget(&keyring->code);
    return COPSE_OK;
}
