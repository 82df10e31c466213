#!/bin/sh
# The second half of cli/quickstart.sh: an identity, a first community and a running node, once,
# however often it runs.
. "$(dirname "$0")/lib.sh"
script="$(dirname "$0")/../../cli/quickstart.sh"
export COPSE_PROGRAM="$copse" COPSE_LISTEN=no
trap '"$copse" serve --stop >/dev/null 2>&1 || true; rm -rf "$folder"' EXIT

# start FILE: run it; what it says goes into the file.
start() {
    sh "$script" >"$folder/$1" 2>&1 </dev/null || fail "quickstart: $(cat "$folder/$1")"
}

COPSE_NAME="Ana Ruiz" start none
run --json status
case $output in *'"serving":null'*) ;; *) fail "a node runs though none was wanted" ;; esac
COPSE_LISTEN=127.0.0.1:0
start first
run --json digest
before=$(field entries)

# The node runs on, and status tells where.
run --json status
case $output in *'"serving":{"process":'*'"addresses":["127.0.0.1:'*) ;; *) fail "no node" ;; esac
process=$(field process)
address=$(printf '%s\n' "$output" | sed 's/.*"addresses":\["\([^"]*\)".*/\1/')
grep -q "It writes to .*/serve-.*\\.log" "$folder/first" || fail "it does not say where its log is"
log=$(sed -n 's/^It writes to //p' "$folder/first")
[ -f "$log" ] || fail "there is no log $log"

# Again: the same node, the same community, and how to stop it.
start second
grep -q 'runs already' "$folder/second" || fail "it does not say that a node runs"
grep -q 'serve --stop' "$folder/second" || fail "it does not say how to stop it"
grep -q 'Try next:' "$folder/second" || fail "it does not say what to try next"
run --json status
same "$(field process)" "$process" "the process of the node"
run --json digest
same "$(field entries)" "$before" "the digest after running it again"
run --json me show
same "$(field name)" "Ana Ruiz" "the name"
run --json search invite
case $output in *"How do I invite somebody?"*) ;; *) fail "nothing to read" ;; esac

# An invitation made now says where to go. Stopped is stopped; a second community is no trouble.
run community invite
! grep -q 'does not say where to find you' "$folder/talk" || fail "the invitation has no address"
run community create "Another one"
start third
run serve --stop
run --json status
case $output in *'"serving":null'*) ;; *) fail "it still runs" ;; esac
refuse 7 network sync "$address"
refuse 3 not_running serve --stop

# For programs: one line, before anything else.
run --json serve --background --listen 127.0.0.1:0
output=$(printf '%s\n' "$output" | sed -E 's/"[0-9a-f]{64}"/ID/; s/"127\.0\.0\.1:[0-9]+"/AT/g
    s/"process":[0-9]+/"process":N/; s/"log":"[^"]*"/"log":PATH/')
same "$output" \
    '{"ok":true,"data":{"listen":AT,"node":ID,"addresses":[AT],"process":N,"log":PATH}}' \
    "serve --background --json"
refuse 8 busy serve --background
run serve --stop
run check
