/* How it works: what is signed is the context of the purpose, a zero byte and the message (SPEC
 * 3.4). Verifying first asks whether the key and the signature's R are points of the prime-order
 * subgroup: the two equations in use for Ed25519 differ only on other points, so whichever one
 * a release of the library tests, all nodes then agree (SPEC 3.5).
 *
 * Releases of libsodium before 1.0.21 may be wrong about points of even order (CVE-2025-69277),
 * so the vectors below put the very path that verifies entries to the test. They were made for
 * this file. In most, a point of small order is added to the key, to R or to both; where "equation
 * holds", a library that looks at the equation without cofactor alone takes the signature. The last
 * ones are the identity, encodings that are not reduced, and an S that is not.
 */
#include "protocol/entry/key.h"

#include <sodium.h>
#include <string.h>

_Static_assert(crypto_sign_SECRETKEYBYTES == COPSE_SECRET_BYTES, "Ed25519 secret keys");
_Static_assert(crypto_sign_BYTES == COPSE_SIGNATURE_BYTES, "Ed25519 signatures");
_Static_assert(crypto_sign_SEEDBYTES == COPSE_SEED_BYTES, "Ed25519 seeds");

#define CONTEXT_BYTES_MAX 24u

static const char *context_of(enum copse_key_purpose purpose)
{
    switch (purpose) {
    case COPSE_KEY_ENTRY:
        return "copse/sig/entry/1";
    case COPSE_KEY_DEVICE:
        return "copse/sig/device/1";
    case COPSE_KEY_ROOT:
        return "copse/sig/root/1";
    case COPSE_KEY_INVITE:
        return "copse/sig/invite/1";
    case COPSE_KEY_AUTH:
        return "copse/sig/auth/1";
    case COPSE_KEY_RECORD:
        return "copse/sig/record/1";
    }
    COPSE_ASSERT(false);
    return NULL;
}

/* SPEC 3.4: "A signature is Ed25519 over a context, a zero byte, and the message." */
static struct copse_slice with_context(uint8_t room[CONTEXT_BYTES_MAX + COPSE_KEY_MESSAGE_MAX],
                                       enum copse_key_purpose purpose, struct copse_slice message)
{
    struct copse_slice context = copse_bytes_of_string(context_of(purpose));
    COPSE_ASSERT(context.size < CONTEXT_BYTES_MAX);
    COPSE_ASSERT(message.size <= COPSE_KEY_MESSAGE_MAX);
    memcpy(room, context.data, context.size);
    room[context.size] = 0;
    if (message.size > 0) {
        memcpy(room + context.size + 1, message.data, message.size);
    }
    return (struct copse_slice){room, context.size + 1 + message.size};
}

static void ed25519_sign(struct copse_signature *out, struct copse_slice message,
                         const struct copse_secret *secret)
{
    int failed = crypto_sign_detached(out->bytes, NULL, message.data, message.size, secret->bytes);
    COPSE_ASSERT(failed == 0);
}

/* SPEC 3.5: "A key, and the R of a signature, MUST be the canonical encoding of a point of the
 * prime-order subgroup other than the identity" */
static bool ed25519_verify(const struct copse_id *key, struct copse_slice message,
                           const struct copse_signature *signature)
{
    return crypto_core_ed25519_is_valid_point(key->bytes) == 1 &&
           crypto_core_ed25519_is_valid_point(signature->bytes) == 1 &&
           crypto_sign_verify_detached(signature->bytes, message.data, message.size, key->bytes) ==
               0;
}

const struct copse_key_scheme *copse_key_ed25519(void)
{
    static const struct copse_key_scheme ed25519 = {ed25519_sign, ed25519_verify};
    return &ed25519;
}

void copse_key_sign(const struct copse_key_scheme *scheme, struct copse_signature *out,
                    enum copse_key_purpose purpose, struct copse_slice message,
                    const struct copse_secret *secret)
{
    uint8_t room[CONTEXT_BYTES_MAX + COPSE_KEY_MESSAGE_MAX];
    scheme->sign(out, with_context(room, purpose, message), secret);
}

enum copse_err copse_key_verify(const struct copse_key_scheme *scheme, const struct copse_id *key,
                                enum copse_key_purpose purpose, struct copse_slice message,
                                const struct copse_signature *signature)
{
    uint8_t room[CONTEXT_BYTES_MAX + COPSE_KEY_MESSAGE_MAX];
    bool is_good = scheme->verify(key, with_context(room, purpose, message), signature);
    return is_good ? COPSE_OK : COPSE_ERR_SIGNATURE;
}

void copse_key_from_seed(struct copse_id *key, struct copse_secret *secret,
                         const uint8_t seed[COPSE_SEED_BYTES])
{
    int failed = crypto_sign_seed_keypair(key->bytes, secret->bytes, seed);
    COPSE_ASSERT(failed == 0);
}

void copse_key_forget(struct copse_secret *secret)
{
    sodium_memzero(secret->bytes, sizeof secret->bytes);
}

/* ---- self-test ---- */

struct torsion_vector {
    bool is_good;
    const char *key;
    const char *message; /* an entry id */
    const char *signature;
};

static const struct torsion_vector torsion_vectors[] = {
    {true, /* in order */
     "d0c7a717d5452741548c298388e0d68f2dd3c030247c907519a09f16246d23fb",
     "2deccf764a8a37a89d831d725e387e50ae60db18311cc97b65c854d7d66cd5b4",
     "7896af90b74c4d33b7239e995bdf9b9602bbcf16b7ea6af56b34fcf6d966359c"
     "c55379ae9ed55dc460f9c439a4cd7a4b231f3138f7660f2d16992a9329237f0b"},
    {true, /* in order */
     "3273c35f0854e5c655e7866bc45c97ac380aab66482c2a49f8961b1918dde574",
     "1113d7864bf669189a21d34ac11e910ee0057c72a7425e1850d2416f9a727345",
     "90f3bc904da5498fc789eb7a59f2a540031e4d51bf24ca94a62891f6d9d77e5f"
     "309c0696d1fc69eaa59cecd56fa54b8579acf572917b4e69f36e1620ef73e00a"},
    {false, /* R plus a point of order 2 */
     "512ef0e95440dcbe83ed2d340b4af0cbfbbc188884f7179f084c421b846cee7f",
     "38d592f6915be07d9e0da73a2cc409d2b5ce4b48b674cfefc4f0b9d8fa7d746a",
     "3ca257f1ce3ba675f2fc24d8bd479c5d9d5d1759004c597ba77805c42888d317"
     "43523d684120345217c956c65b47ab53e4dc8e8156fa3a944bd45b2338bdec06"},
    {false, /* R plus a point of order 2 */
     "f1218b635ff784ac336b6ba1770669d8d9022c8aeb5bf9b1ffe8abd19774c4e4",
     "5fb94d0efd3cb37edb706f1b4bf9262b49f9c640b16f4ff5a9ac6bf9ad502aad",
     "83467897b9b3adc00129314852c6d853c505fb1fe28abca9066cfcedb8be6ca6"
     "3c2b65b602217ec5c6af47cabea265f5ae77a331b6b2cb8ed83aba35e883eb06"},
    {false, /* R plus a point of order 4 */
     "e8d9017a6c2bdc4931069be53f1b4981095843394f420d255f4b2b62b957aef1",
     "d83540c6f3cfda0d7b79650a518711d0d4cf1021d96e386504dfba1aa3315de5",
     "7c293e15ce33b80ef81a12e664f0b119ac5a9622d41ef565d36daa41897bf35c"
     "4de03183a26e0178d7c5e08df0b766da3806fd3e1f49e17be3a371787bfc340b"},
    {false, /* R plus a point of order 4 */
     "41b57b7dd525dbc50f1c584af2ac21ab8aee87d9735a93b748fb944badb9e4c4",
     "7e30f781b3056840d3fa4a4f445b2d6ebc5a187ecec14dd628b8c4dde1a6df3e",
     "3a1cddd51d633da19f94b2f954f8bc79c8c4f902171c74705cfd36336ef4173e"
     "6c546b13a90541380a2295abbbaff4a6b1aa92110fb9bda1436eb28d77d41e02"},
    {false, /* R plus a point of order 8 */
     "4a2d600d23e30499d4daf4f973e26085bea987566513dcc45d3545a7d6d418e7",
     "161ba9f7be0979044735803576f3f6d028a4fe3ff1df53ce24233761c445f9a2",
     "84b51ddcdf1e6e748ca6522012f36f8a82b70508729c9c581ce4cb74cce1b542"
     "3a407d31727471b051ed0a7937ae9dd1bbc1e582b39481888bdf9257bfae360f"},
    {false, /* R plus a point of order 8 */
     "fe79d2a2ae678c732e5575b0ce08c1310687b71e178b57ecaf4d2371abfd32df",
     "3fcc1af7de8e3de74262b413ab59ccb1cd7096069be205cd1e621b3fd93d96fa",
     "f50227ef347bea6e87540250b47e961be9ede67bd38cd0348d808cbb192d8939"
     "fd6206e03d14ae4781eb7ecc51e77cfe85d9bcf07f5e58f4a812ab00296f2f07"},
    {false, /* key plus a point of order 2 */
     "b82981497ccf7ea25b3b92c4774826ebe529082ae31ac22c7557650d14052b0b",
     "9ca680990c77dafee66cd70909a8346b09ce3e4feb7baa5acc9ba8f3856bac02",
     "faa4bf8f519afdcaa9ab56bd88bc06fbe4a1a335a3e870204d71570b240510c4"
     "43219a9c14dd4009d96faf33e93388cbe28e86e41cd3f113c9f6e1affcc9b801"},
    {false, /* key plus a point of order 2 */
     "ed8b725f14a8d822dd30eebae59d50b064822bd40291c7b6ddcb1e965efe83eb",
     "f894348d68a40f4b2ac3281318269ea35eacb63bfb98a720d9f7e9b6a8fb55ee",
     "f98ca822facc77ff6da79142cf794f33c0296ebba357724b7fc71d4f9ea16e2a"
     "c997c674c641954cfde22b73e55d2e2404d220398cadd6f12b254903774f6109"},
    {false, /* key plus a point of order 2 */
     "bbbb77a5069d44ec3e3d6977c589deaea02a29bcf672d33abb821b8e572c63f5",
     "e69d482b84f1b849c3cb637abf50f92f9fd6d28d786863ef5b1e46208ba648fb",
     "441db439d5c1d08e0041bb373df3ab1f3d12f60fdfe7943da9247541a918e358"
     "acff44be38379b5d5fbbaf3941cea37ac473a269574c702bb4a7da7feabdb007"},
    {false, /* key plus a point of order 2 */
     "365fa8d621715e6e784a15abea23895b577c42997d9ebca737e7969551f588dd",
     "06ef559fb3b97fb041a63013b84cdd41a3cf368dac05c840c18e14492133b001",
     "6b525c76d0acbfa6e21fb39c89f8ca393786d6de9ee16afab90750d02f189786"
     "7a2e8df24b9f08e0d27d4e5f250f38dc7f306e424b5287be41688e4a8d82b307"},
    {false, /* key plus a point of order 4 */
     "ff8e49b7a254698d45b15df5c9201d4441262c4460ed17d9fb1e7550a606a299",
     "ca4430f84292ade037740aee1654f91e53f67f4469e98d31d221d5895d19b939",
     "4797e0b8b20646c2ea814be9c7d157a0809d0c713aef572a25ede583af103e69"
     "8c3f20f880d68a39839a5bb89d54571ec5548ab901777dcb4ecd782436e58b05"},
    {false, /* key plus a point of order 4 */
     "ca3c1f45e516d5d63067cb72dde46502be038f65e87322251323b398af44cbc5",
     "3a23ec3732067f2c22597324c6f20a616bdade2a5263572aba68f788e3f4e57a",
     "20e4d859cdb9d833ed903d78f652f708ba217ec7a7d3959b0a642663a7bc519a"
     "6c3bb2ceae9f2ba2dfddc220da896f1c1482dcb5a2cc034d86db04b76ce5f909"},
    {false, /* key plus a point of order 4 */
     "1d40ce06d55ab79ffe47de481aa9071c8b3c2047db6a2b6a570f09343b7dd2ef",
     "8e660288167f8116159552bd28d8af378e6d6da05b56b34863c2a87b102f1282",
     "c01cdfa0c1425cb95978f57ced946fc4f8dcee75b03e36d6080fcf904d006db4"
     "c807ed9e5d143db055d0afb9bfba856330bda161888f6648ca142bade8082c00"},
    {false, /* key plus a point of order 4 */
     "f52dc0e21275f81fa120fe7bd9f123a660735d70f7206f344a9f6bb69d603a12",
     "b6d2f967e729f2f4c28b1b4e7569bc838f40e312c25896eefa8d802757893cd5",
     "f424826fe14af382a73c086ac1ed03226e53970bbb9c9f74ae6b1845fedd75b1"
     "abb0b5fe7029af792cffb84481e932369edfd08d64a437dd1141a9f335a7c503"},
    {false, /* key plus a point of order 8 */
     "0c358bd501096460462de1da9badcef0c221c9601d946097567de49bd7040439",
     "fc57ef89782de93e92e8df07fdf2fcac2922cf65ebfcc83fa3d55822438b3408",
     "22cf4171065985191fa188b3ad31eb04807b22a1bc7bb7bd7f220bb5f9fbaff5"
     "934f232ec6cf32ed7894e2efe16a8fb69f8c9bcfd0b769b3b0975c7890235604"},
    {false, /* key plus a point of order 8 */
     "8671587e2c81f4709081b97731a26ea740be72657a6e14fedc975018c731edf6",
     "db4b4a4c8ae4091ce5109129ff67d54e4dcd81aca18401b0123fa2e6ea819cfa",
     "166ff51cd4e6055003cdd50e1d96a6d8c83ac65be6d864308e41692890b2522e"
     "f352726478c97283a46557629e6876f48d5ef65ed2cc2179261f3b715f8e2c0a"},
    {false, /* key plus a point of order 8 */
     "0b885367b0001dfe59bb45b2d323d83cbb5654beea2b7855329756118238634b",
     "f947f7c532cfc642295fd673ee5ba9af4ace0cb7ca298c30d823d587d92ec142",
     "2cb5abe4e88968fd6bc317ea83610f4acb3775b0e5e6ecf59dbbdd2041706cc3"
     "ad3497e2fbbe3954a504c2470bddb3c5800dddfad3bf94c0dda827707f7efb0e"},
    {false, /* key plus a point of order 8 */
     "783256f44e67698822957777c3a4b2ec5bd15a9bde032aa7a4a0e8a21e6e7dc6",
     "bd845e3e27d39589267ada67f90be31cb18a73a74b6f63a2e1c552794b7d996f",
     "f6512b348e029c1d81c5fc2a3457d793ce0ffe6a4a301e2d7913cb5d7adb1f94"
     "20cd6a561a3da688e2ae0190db90e878e72a2e0f06130fd50d40cc6eeb496e0b"},
    {false, /* key and R plus order 2, equation holds */
     "00dedc3f8571af8e57a6f79aaec0018ca738b42d7a71c464f5607e487d02208b",
     "d13fe7959e0ad61131166706562b1df23108470f1ca1c2091ca83cbf8957722d",
     "c584186ceb5efc444c2b40085e8ef8cacbc617c8aaeb60d1f1313c2f1e73952d"
     "f67335f948fa596f5ad576e9adfcfd2ba09e666c23de7c98c95a3cea66898901"},
    {false, /* key and R plus order 4, equation holds */
     "46f42fac0adc529f1edc3d17e66f4d8496b834b5c9c8f03cef0814b6ada490bf",
     "33338c0b4e3207ce49d053613f844405c75d00f0864bad27aa10e87f99682b0b",
     "1f79e3c66e51cf00f65f43d50e657be4ba9b7a8ca42f0a01e1ee209542a8ba82"
     "c4c7a30d37cfec09eb6e6143a747970faf9bc4e48d2cd0d14026e743158a1606"},
    {false, /* key and R plus order 8, equation holds */
     "e4e8026d29d149e4ead71d3bced11a790291e7e13a21c952ea1925c739f659e5",
     "0a56d0bdd87c1a24cc1e2a7eade8d27111934d2708ba339eb0d7e4dd66fa46cc",
     "eecbc1ea1520a26edb1491048f6fc40154832de72e2a735db48da6e3924deecb"
     "c9d95a4c771acc14f8aec0a871e93d367cf1f8721e6686b58dba5bd2f1861c06"},
    {false, /* R is the identity */
     "409caa6a606edbc5c55be0f3898854f061b4eddf6bbbadf643d7284e53a911fe",
     "17761413511b49c80aafef8461623c6f1993b9b36ef53f41d77afa9af728fa1e",
     "0100000000000000000000000000000000000000000000000000000000000000"
     "cd6edaba6620af478813226a5fe684a93d80d971fdbc9b682a5e7d1bf58add00"},
    {false, /* R is the identity, y not reduced */
     "7d584d65f25525fd7e0a125b25ee4dff9b862234663ee141f8bbf26419b5be5d",
     "cabff6f66e2fb0525d5f3115237035afdeb65ac31503c5d8fffbd4d341397be4",
     "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"
     "74b2d4590bada08a1c6205765a21eeaf0239a176c1a2207ac770312a59817909"},
    {false, /* key is the identity */
     "0100000000000000000000000000000000000000000000000000000000000000",
     "8d82053b38e8f7cc2a9a8d6fc0019ada75808ebf11590fb3efe99b3d86f3ff79",
     "07381aeb8120e0c6f953016641317985e91f95d8455b095f758f50f982866d79"
     "e2fcf461ea6afeaffa2e27ea3609f43a33aee6e00bf311e344a6f80b732e7f05"},
    {false, /* key is the identity, y not reduced */
     "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
     "3f93d7a2a66588d0cc841b39e3baf059052cdb18b5f217fa2d25002800f25716",
     "ee3a241065a29b6406aec80a13713a65581b6dc8f8a39df8887f1dbfd2743869"
     "c181cae4b17cbb4730e13b4d348efb59b59b96e32e508e16b4c4de28b197550f"},
    {false, /* key of order 8, equation holds */
     "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
     "d07b20372268df78cc711491d0d94af88fa48fc98047f5ab9511600a925659c0",
     "db57e0d2027162b0d50fa29c6d3d383a62935b7e5a271442b89e81ab0d971b89"
     "5cf3913959bb77facc72d3660478f40c056edb3e28cf4e4b0c5d5e2b0945ec00"},
    {false, /* S plus the group order */
     "2bbb67cba8e4977639278ab12095de24a0c94c795974aec3fadebb06d519063e",
     "153c97ede8eee19ae9c221f6ab824fed8ab68b7eca1cbbc13de359a9d027ce99",
     "a2eb36e8a7396b4c5ec1e0234834041e298649a3477dc4885ad1b41e2dafe661"
     "eca99bb0d4c7a4af9703777f6ae709ae8cd79620f75e9c61cae01c9914aef416"},
};

static void from_hex(uint8_t *out, size_t size, const char *hex)
{
    size_t read = 0;
    int failed = sodium_hex2bin(out, size, hex, strlen(hex), NULL, &read, NULL);
    COPSE_ASSERT(failed == 0 && read == size);
}

static bool agrees(const struct torsion_vector *vector)
{
    struct copse_id key;
    struct copse_id message;
    struct copse_signature signature;
    from_hex(key.bytes, sizeof key.bytes, vector->key);
    from_hex(message.bytes, sizeof message.bytes, vector->message);
    from_hex(signature.bytes, sizeof signature.bytes, vector->signature);
    enum copse_err err = copse_key_verify(copse_key_ed25519(), &key, COPSE_KEY_ENTRY,
                                          copse_bytes_of_id(&message), &signature);
    return (err == COPSE_OK) == vector->is_good;
}

/* SPEC 3.5: "A program MUST check its library against the torsion vectors before the first
 * verification and refuse to run if one is judged wrong." */
enum copse_err copse_key_self_test(void)
{
    /* The answer cannot change while the process runs, so it is found once. */
    static enum { UNTESTED, SUITED, UNSUITED } answer = UNTESTED;
    if (answer == UNTESTED) {
        bool is_suited = sodium_init() >= 0;
        for (size_t i = 0; is_suited && i < COPSE_ARRAY_SIZE(torsion_vectors); i++) {
            is_suited = agrees(&torsion_vectors[i]);
        }
        answer = is_suited ? SUITED : UNSUITED;
    }
    return answer == SUITED ? COPSE_OK : COPSE_ERR_UNSUITED;
}
