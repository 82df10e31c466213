#!/bin/sh
# A node is killed again and again while two nodes meet; nothing that was said to be saved is lost,
# and they end the same. More kills: COPSE_KILLS=200.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_nodes.sh"

kills=${COPSE_KILLS:-24}
at a
begin
mkdir "$folder/pages"
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    awk -v n="$i" 'BEGIN {
        print "# Page " n
        for (i = 0; i < 400; i++) print "Line " i " of page " n
    }' \
        >"$folder/pages/$i.md"
done
run import markdown "$folder/pages"
run --json community invite
ticket=$(field ticket)
at b
run init --name "Ben Okri"
run community join "$ticket"

# Times before each kill, in milliseconds; always the same ones.
awk -v n="$kills" 'BEGIN {
    srand(20261123)
    for (i = 0; i < n; i++) print int(rand() * 60) / 1000, int(rand() * 2)
}' \
    >"$folder/times"
while read -r wait_s who; do
    at a
    start_server
    run post "before a kill"
    at b
    "$copse" sync "$address" --once >/dev/null 2>&1 </dev/null &
    caller=$!
    sleep "$wait_s"
    if [ "$who" = 0 ]; then
        kill -KILL "$caller" 2>/dev/null || true
    else
        stop_server KILL
    fi
    wait "$caller" 2>/dev/null || true
    stop_server
done <"$folder/times"

pair a b
for name in a b; do
    at "$name"
    run check
    run --json digest
    digest="$(field entries) $(field state)"
    [ -z "${first:-}" ] || same "$digest" "$first" "the digests"
    first=$digest
    run --json feed -n 1000
    kept=$(printf '%s\n' "$output" | grep -o 'before a kill' | wc -l | tr -d ' ')
    same "$kept" "$kills" "posts at $name"
done
