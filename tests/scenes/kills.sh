#!/bin/sh
# Programs are killed at random moments: an import, a sync, the serve that it calls. Nothing that
# was said to be saved is lost, no page comes twice, no log forks, and both nodes end the same.
# COPSE_LONG: 200 kills.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_nodes.sh"

kills=24
[ -z "${COPSE_LONG:-}" ] || kills=200
at a
begin
mkdir "$folder/pages"
# write_pages ROUND: twenty files that say something new.
write_pages() {
    for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        awk -v n="$i" -v round="$1" 'BEGIN {
            print "# Page " n
            for (i = 0; i < 200; i++) {
                print "Line " i " of page " n (i == 9 ? " in round " round : "")
            }
        }' >"$folder/pages/$i.md"
    done
}
write_pages 0
run import markdown "$folder/pages"
run --json community invite
ticket=$(field ticket)
at b
run init --name "Ben Okri"
run community join "$ticket"

# Times before each kill, in seconds; always the same ones. And who it is that dies.
awk -v n="$kills" 'BEGIN {
    srand(20261123)
    for (i = 0; i < n; i++) print i + 1, int(rand() * (i % 4 ? 12 : 60)) / 1000, int(rand() * 3)
}' >"$folder/times"
died=0
while read -r round wait_s who; do
    at a
    [ "$who" = 2 ] || start_server
    run post "before a kill"
    write_pages "$round"
    if [ "$who" = 2 ]; then
        "$copse" import markdown "$folder/pages" >/dev/null 2>&1 </dev/null &
    else
        at b
        run post "before a kill"
        "$copse" sync "$address" --once >/dev/null 2>&1 </dev/null &
    fi
    victim=$!
    sleep "$wait_s"
    if [ "$who" = 1 ]; then
        stop_server KILL
    else
        kill -KILL "$victim" 2>/dev/null || true
    fi
    status=0
    wait "$victim" 2>/dev/null || status=$?
    [ "$status" = 0 ] || died=$((died + 1))
    stop_server
done <"$folder/times"
[ "$died" -gt $((kills / 5)) ] || fail "only $died of $kills kills met anybody alive"

at a
run import markdown "$folder/pages"
run --json import markdown "$folder/pages"
same "$(field unchanged)" 20 "files after the last import"
pair a b
equal a b
for name in a b; do
    at "$name"
    run check
    run --json page list
    same "$(printf '%s\n' "$output" | grep -o '"id"' | wc -l | tr -d ' ')" 20 "pages at $name"
    run --json feed -n 10000
    kept=$(printf '%s\n' "$output" | grep -o 'before a kill' | wc -l | tr -d ' ')
    same "$kept" "$((kills + $(grep -c ' [01]$' "$folder/times")))" "posts at $name"
    no_forks "$name"
done
printf '%s kills, %s of them in the midst of something\n' "$kills" "$died"
