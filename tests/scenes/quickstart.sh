#!/bin/sh
# The second half of cli/quickstart.sh: an identity and a first community, once, however often it
# runs.
. "$(dirname "$0")/lib.sh"
script="$(dirname "$0")/../../cli/quickstart.sh"
COPSE_PROGRAM=$copse COPSE_NAME="Ana Ruiz" sh "$script" >"$folder/first" 2>&1 </dev/null ||
    fail "quickstart: $(cat "$folder/first")"
run --json digest
before=$(field entries)
COPSE_PROGRAM=$copse sh "$script" >"$folder/second" 2>&1 </dev/null || fail "quickstart, again"
run --json digest
same "$(field entries)" "$before" "the digest after running it again"
run --json me show
same "$(field name)" "Ana Ruiz" "the name"
run --json search invite
case $output in *"How do I invite somebody?"*) ;; *) fail "nothing to read" ;; esac
grep -q 'Try next:' "$folder/second" || fail "it does not say what to try next"
