#!/bin/sh
# The same key on two machines for a month: both write, sync now and then with a third, and fork
# each other's logs. Nothing is lost, and one command on each machine repairs it. Then a key that
# is in more places than can count by themselves, and a steward's word on that.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_nodes.sh"

says() {
    case $output in *"$1"*) ;; *) fail "$2 does not say '$1'" ;; esac
}
count() {
    printf '%s\n' "$output" | grep -o "$1" | wc -l | tr -d ' '
}
# all NODE WHAT: every post there is stands at that node.
all() {
    at "$1"
    run --json feed -n 1000
    for word in $posts; do
        says "\"$word\"" "the feed at $1 $2"
    done
}

at a
run init --name Ana
run community create Physics
run --json community invite
ticket=$(field ticket)
at b
run init --name Ben
code=$("$copse" me code show 2>/dev/null)
run community join "$ticket"
pair a b

# The folder is copied before anything tells that it was: as by a backup of the whole machine.
cp -r "$folder/b" "$folder/b2"
cp -r "$folder/state-b" "$folder/state-b2"
at b
run --json page new "The bench" -m "Glass, lens."
page=$(field id)
pair a b
pair a b2

# A month of days: each machine writes a post and a line on the page, most days without meeting.
posts=
day=1
while [ "$day" -le 30 ]; do
    for node in b b2; do
        at "$node"
        run --json post "$node-$day"
        posts="$posts $node-$day"
        run page show "$page"
        printf '%s\nLine %s-%s.\n' "$output" "$node" "$day" >"$folder/text"
        run page edit "$page" -F "$folder/text"
    done
    case $day in 9 | 20) pair a b ;; 14 | 27) pair a b2 ;; esac
    day=$((day + 1))
done
for node in b b2 b b2; do
    pair a "$node"
done
equal a b
equal a b2
at a
run fork list
says "Ben" "fork list"
says "All of it is kept" "fork list"
run --json fork list
says '"stopped":false' "fork list"
for node in a b b2; do
    all "$node" "before the repair"
    run page show "$page"
    for word in $posts; do
        says "Line $word." "the page at $node"
    done
done
text=$output

# One command on each; what one has not heard of the other comes back by the other's own.
at b2
run --json post "b2-late"
at b
run --json me devices list
says '"places":' "me devices list"
printf '%s\n' "$code" | "$copse" fork repair --code - >"$folder/said" || fail "fork repair"
output=$(cat "$folder/said")
says "This machine has a new key, in 1 community." "fork repair"
run --json post "b-after"
pair a b
at b2
at a
start_server
at b2
"$copse" sync "$address" --once >"$folder/met" 2>&1 </dev/null || true
refuse 4 refused post "b2-refused"
says "copse fork repair" "what a device says that was given up"
printf '%s\n' "$code" | "$copse" fork repair --code - >"$folder/said" || fail "fork repair at b2"
run --json post "b2-after"
stop_server
posts="$posts b2-late b-after b2-after"
for node in b b2 b b2; do
    pair a "$node"
done
for node in a b b2; do
    all "$node" "after the repair"
    run page show "$page"
    same "$output" "$text" "the page at $node after the repair"
done
equal a b
equal a b2
at b
run --json me devices list
same "$(count '"given_up":true')" 1 "devices given up"
same "$(count '"given_up":false')" 2 "devices"

# A key in twenty places: it stops by itself, a steward lets stand what is there, and its owner
# repairs it.
at c
run init --name Cat
run community join "$ticket"
pair a c
pair a c
place=1
while [ "$place" -le 20 ]; do
    cp -r "$folder/c" "$folder/c$place"
    cp -r "$folder/state-c" "$folder/state-c$place"
    at "c$place"
    run --json post "cat-$place"
    place=$((place + 1))
done
place=1
while [ "$place" -le 20 ]; do
    at a
    start_server
    at "c$place"
    "$copse" sync "$address" --once >"$folder/met" 2>&1 </dev/null || true
    stop_server
    place=$((place + 1))
done
at a
run --json fork list
says '"stopped":true' "fork list"
device=$(printf '%s\n' "$output" | grep -o '"name":"Cat","device":"[0-9a-f]*"' |
    head -n 1 | cut -d'"' -f8)
run --json feed -n 1000
same "$(count '"cat-[0-9]*"')" 0 "posts of a stopped device"
refuse 9 needs_input fork accept "$device"
refuse 3 not_found fork accept 0000
pair a b
at b
refuse 4 refused fork accept "$device" --reason "I am a member."
at a
run fork accept "$device" --reason "All of it is hers."
run --json feed -n 1000
kept=$(count '"cat-[0-9]*"')
[ "$kept" -ge 16 ] || fail "only $kept posts stand"
refuse 3 not_found fork accept "$device" --reason "Again."
pair a c1
at c1
refuse 4 refused post "One more"
says "copse fork repair" "what a stopped device says"
run fork repair
run post "cat-repaired"
pair a c1
at a
run --json feed -n 1000
says '"cat-repaired"' "the feed"
run check --rebuild
