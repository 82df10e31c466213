#!/bin/sh
# `copse limits` lists every cap: each COPSE_..._MAX of a header is in its table, in cli/limits.c.
. "$(dirname "$0")/lib.sh"
top="$(dirname "$0")/../.."

# Not caps that people or peers can meet: made of others, or the size of a room that nothing given
# can outgrow.
cat >"$folder/rooms" <<'ROOMS'
COPSE_ANSWER_DEPTH_MAX
COPSE_BLOB_CHUNKS_MAX
COPSE_BLOB_LIST_BYTES_MAX
COPSE_CLOCK_MAX
COPSE_DB_OPEN_MAX
COPSE_ENTRY_BYTES_MAX
COPSE_ERROR_TEXT_MAX
COPSE_FOLD_KEY_BYTES_MAX
COPSE_ITEM_OF_LOG_MAX
COPSE_KEY_MESSAGE_MAX
COPSE_LAYERS_KEY_BYTES_MAX
COPSE_LINK_MAX
COPSE_LOCAL_KEY_MAX
COPSE_LOG_BRANCHES_MAX
COPSE_MESSAGE_SALTED_MAX
COPSE_NOISE_MESSAGES_MAX
COPSE_NOISE_MESSAGE_MAX
COPSE_NOISE_TOKENS_MAX
COPSE_OP_PARENTS_MAX
COPSE_PAGE_BYTES_MAX
COPSE_RECONCILE_BOUND_MAX
COPSE_RECORD_BODY_MAX
COPSE_RECORD_BYTES_MAX
COPSE_RECORD_MESSAGE_MAX
COPSE_ROWS_BYTES_MAX
COPSE_SORT_ITEM_MAX
COPSE_STANDING_ROW_ABOVE_MAX
COPSE_STANDING_ROW_KEY_MAX
COPSE_STANDING_ROW_LEAVES_MAX
COPSE_STANDING_ROW_LIST_MAX
COPSE_STATE_KEY_MAX
COPSE_STATE_VALUE_MAX
COPSE_TEXT_SHAPE_CONTENT_MAX
COPSE_TEXT_SHAPE_NUMBER_MAX
COPSE_VERBS_EXAMPLES_MAX
COPSE_VERBS_OPTIONS_MAX
COPSE_VERBS_WORDS_MAX
COPSE_VERBS_WORD_MAX
ROOMS

for room in protocol storage node cli; do
    find "$top/$room" -name '*.h' -exec cat {} +
done | sed -n 's/^#define \(COPSE_[A-Z_]*_MAX\(_MS\)\{0,1\}\) .*/\1/p' | sort -u >"$folder/caps"
[ "$(wc -l <"$folder/caps")" -gt 80 ] || fail "the headers were not found"
grep -o 'COPSE_[A-Z_]*' "$top/cli/limits.c" | cat "$folder/rooms" - | sort -u >"$folder/told"
output=$(comm -23 "$folder/caps" "$folder/told")
[ -z "$output" ] || fail "caps that copse limits does not tell"
output=$(sort "$folder/rooms" | comm -23 - "$folder/caps")
[ -z "$output" ] || fail "rooms that are in no header any more"

run --json limits
for name in op_bytes page_characters links links_host queue_bytes session_bytes write_ms; do
    case $output in *"{\"name\":\"$name\",\"value\":"*) ;; *) fail "no $name" ;; esac
done
run limits
case $output in *'Whom this node meets'*'   64  nodes at once'*) ;; *) fail "no peers" ;; esac
