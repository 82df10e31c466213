#!/bin/sh
# Two processes write in turn, hundreds of times, while a serve of the same node passes on what they
# write to a serve elsewhere, which is restarted meanwhile. Nothing is lost, no log forks, both
# nodes end the same. Then everybody writes as fast as they can, with restarts. COPSE_LONG: 10,000
# writes, and 60 seconds.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_nodes.sh"

turns=150
seconds=4
if [ -n "${COPSE_LONG:-}" ]; then
    turns=5000
    seconds=60
fi
at a
begin
run --json community invite
ticket=$(field ticket)
start_server
served_a=$server
address_a=$address
at b
run init --name "Ben Okri"
run community join "$ticket"
run --json sync "$address_a" --once
run peer add "$address_a"
trap 'kill "$served_a" 2>/dev/null || true; stop_server; rm -rf "$folder"' EXIT

# writer NAME COUNT: a process that writes so many posts of the present node, keeping the ids, as
# long as $folder/go is there.
: >"$folder/go"
writer() {
    i=0
    while [ "$i" -lt "$2" ] && [ -e "$folder/go" ]; do
        "$copse" --json post "$1 writes $i" >>"$folder/wrote-$1" 2>>"$folder/talk-$1" </dev/null ||
            echo "post $i of $1 gave $?" >>"$folder/talk-$1"
        i=$((i + 1))
    done
}

# serve_b: (again).
serve_b() {
    at b
    stop_server
    start_server
    at a
}

at a
server=
writer one "$turns" &
one=$!
writer two "$turns" &
two=$!
while kill -0 "$one" 2>/dev/null; do
    serve_b
    sleep 1
done
wait "$one"
wait "$two"
serve_b

# Gossip alone makes them equal, soon after the last write.
for _ in 1 2 3 4 5 6 7 8 9 10; do
    digest=$(digest_of a)
    [ "$(digest_of b)" != "$digest" ] || break
    sleep 0.5
done
same "$(digest_of b)" "$digest" "the digests after gossip"
at a

# Writers at both nodes, and the serve of the first is killed and started anew.
for name in three four; do
    writer "$name" 1000000 &
    echo $! >>"$folder/writers"
done
at b
for name in five six; do
    writer "$name" 1000000 &
    echo $! >>"$folder/writers"
done
at a
end=$(($(date +%s) + seconds))
while [ "$(date +%s)" -lt "$end" ]; do
    serve_b
    other=$server
    kill -KILL "$served_a"
    wait "$served_a" 2>/dev/null || true
    "$copse" serve --listen "$address_a" --no-web --json >"$folder/served-a" 2>&1 &
    served_a=$!
    server=$other
    sleep 1
done
rm "$folder/go"
while read -r pid; do wait "$pid" || true; done <"$folder/writers"
cat "$folder"/talk-* >"$folder/talk"
[ ! -s "$folder/talk" ] || fail "a write failed: $(sort "$folder/talk" | uniq -c | head -n 5)"

# What serve has not passed on by now, a last meeting does.
at b
stop_server
kill -INT "$served_a"
wait "$served_a" || fail "the first serve ended with $?: $(cat "$folder/served-a")"
served_a=
pair a b
cat "$folder"/wrote-* | grep -o '"id":"[0-9a-f]*"' | cut -d'"' -f4 | sort >"$folder/wrote"
[ "$(wc -l <"$folder/wrote")" -ge $((2 * turns)) ] || fail "too few writes"
equal a b
for name in a b; do
    at "$name"
    run check
    ids >"$folder/here"
    same "$(comm -23 "$folder/wrote" "$folder/here" | wc -l | tr -d ' ')" 0 "lost at $name"
    no_forks "$name"
done
printf '%s writes\n' "$(wc -l <"$folder/wrote")"
