#!/bin/sh
# A serve that may have 64 files open is called by 200 who say nothing, and another by a member who
# asks for everything and reads nothing. Their owner goes on working, memory stays small, others are
# served meanwhile or soon after. COPSE_LONG: waits until the slow one is shown the door.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_nodes.sh"
tools="$(dirname "$copse")/tests"

helpers=
# shellcheck disable=SC2086 # a list of numbers
trap 'kill $helpers 2>/dev/null || true; stop_server; rm -rf "$folder"' EXIT

# memory: what the serve has for itself, in KiB; pages of the store's file are not counted.
memory() { awk '/^RssAnon:/ { print $2 }' "/proc/$server/status"; }

at a
begin
mkdir "$folder/pages"
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    awk -v n="$i" 'BEGIN { srand(n); for (i = 0; i < 40000; i++) printf "%d ", rand() * 1e9 }' |
        fold -w 70 >"$folder/pages/$i.md"
done
run import markdown "$folder/pages"
(
    # shellcheck disable=SC3045 # every shell of Debian has it
    ulimit -n 64
    exec "$copse" serve --listen 127.0.0.1:0 --no-web --json >"$folder/served" 2>"$folder/serving"
) &
server=$!
while [ ! -s "$folder/served" ]; do sleep 0.02; done
output=$(cat "$folder/served")
address=$(field listen)
run --json community invite
ticket=$(field ticket)

"$tools/copse_crowd" "$address" 200 >"$folder/crowd" &
crowd=$!
helpers="$helpers $crowd"
while [ ! -s "$folder/crowd" ]; do sleep 0.02; done
for i in 1 2 3; do run post "Words in the crowd, $i"; done
run check
kill "$crowd"
kill -0 "$server" || fail "serve has ended: $(cat "$folder/serving")"
at b
run init --name "Ben Okri"
run community join "$ticket"
tries=0
until "$copse" --json sync "$address" --once >"$folder/said" 2>&1 </dev/null; do
    tries=$((tries + 1))
    [ "$tries" -lt 60 ] || fail "no sync after the crowd has left: $(cat "$folder/said")"
    sleep 0.25
done
equal a b
at a
stop_server

# The slow reader: behind a relay that takes no more after 100,000 bytes.
start_server
run post "One more"
before=$(memory)
"$tools/copse_relay" "$address" 100000 >"$folder/relayed" &
relay=$!
helpers="$helpers $relay"
while [ ! -s "$folder/relayed" ]; do sleep 0.02; done
at c
run init --name "Cleo"
run community join "$ticket"
"$copse" --json sync "$(head -n 1 "$folder/relayed")" --once >"$folder/slow" 2>&1 </dev/null &
slow=$!
helpers="$helpers $slow"
sleep 2
kill -0 "$slow" || fail "the slow reader has ended: $(cat "$folder/slow")"
grown=$(($(memory) - before))
# What the sanitizers add is no matter of ours.
grep -q __asan_init "$copse" || [ "$grown" -lt 2048 ] ||
    fail "a slow reader costs $grown KiB, after $before KiB"
at b
run --json sync "$address" --once
equal a b
at a
run post "Words beside a slow reader"
if [ -n "${COPSE_LONG:-}" ]; then
    tries=0
    while [ "$(wc -l <"$folder/relayed")" -lt 2 ] && [ "$tries" -lt 65 ]; do
        sleep 1
        tries=$((tries + 1))
    done
    same "$(wc -l <"$folder/relayed" | tr -d ' ')" 2 "a slow reader after 65 seconds"
fi
stop_server
for name in a b; do
    at "$name"
    run check
done
printf '%s KiB for a slow reader\n' "$grown"
