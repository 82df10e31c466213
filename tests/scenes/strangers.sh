#!/bin/sh
# A serve that may have 64 files open is called by 200 who say nothing; and by a member who asks for
# everything and reads nothing. Its owner goes on working, its memory stays small, and members are
# let in again.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_nodes.sh"
tools="$(dirname "$copse")/tests"

helpers=
# shellcheck disable=SC2086 # a list of numbers
trap 'kill $helpers 2>/dev/null; stop_server; rm -rf "$folder"' EXIT

# peak: the most memory that the serve has had, in KiB.
peak() { awk '/^VmHWM:/ { print $2 }' "/proc/$server/status"; }

at a
begin
mkdir "$folder/pages"
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    awk -v n="$i" 'BEGIN { srand(n); for (i = 0; i < 40000; i++) printf "%d ", rand() * 1e9 }' |
        fold -w 70 >"$folder/pages/$i.md"
done
run import markdown "$folder/pages"
(
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
echo tries $tries
equal a b
at a
stop_server

# The slow reader.
start_server
run post "more"
before=$(peak)
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
at b
run --json sync "$address" --once
grown=$(($(peak) - before))
echo "before $before grown $grown"
cat $folder/relayed $folder/slow
t=0
while kill -0 $slow; do sleep 1; t=$((t+1)); done; echo $t
cat $folder/relayed $folder/slow
kill "$relay" 
