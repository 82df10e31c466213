#!/bin/sh
# A stolen device key that forks a coordinator's log at its start: the thief removes people and
# appoints another, under the coordinator's name, as of the first day. Nobody's standing is changed
# once she gives that device up, naming the first entry that is not hers.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_nodes.sh"

# meet ONE OTHER: the second calls the first. It may be turned away.
meet() {
    at "$1"
    start_server
    at "$2"
    "$copse" sync "$address" --once >"$folder/met" 2>&1 </dev/null || true
    stop_server
}
# froms: the places of the thief, by what her own machine does not hold; she knows them by sight.
froms() {
    run --json fork list
    listed=$output
    froms=
    for place in $(printf '%s\n' "$listed" | grep -o '"from":"[0-9a-f]*"' | cut -d'"' -f4); do
        at a
        ids | grep -q "$place" || froms="$froms --from $place"
    done
    at n
}
# roles NODE: who holds what, as this node has it.
roles() {
    at "$1"
    run --json community show
    printf '%s\n' "$output" | grep -o '"people":.*'
}

at a
run init --name "Ana Ruiz"
code=$("$copse" me code show 2>/dev/null)
run me code confirm "$(echo "$code" | cut -d- -f2)" "$(echo "$code" | cut -d- -f5)"
run community create "Ward 3"
run --json me show
device=$(field device)
run --json community invite
ticket=$(field ticket)
# Here the thief takes a copy of her folder.
cp -r "$folder/a" "$folder/thief"
cp -r "$folder/state-a" "$folder/state-thief" 2>/dev/null || true
for node in b:Ben c:Cat; do
    at "${node%%:*}"
    run init --name "${node#*:}"
    run community join "$ticket"
    pair a "${node%%:*}"
done
at a
run people role grant Ben moderator
run --json post "Ana's own words"
for node in b c b; do
    pair a "$node"
done
before=$(roles b)
same "$(roles c)" "$before" "the roles at the start"

# The thief acts from her first entry on; who is there is learnt by meeting them.
at thief
run --json community invite
at m
run init --name Mallory
run --json me show
mallory=$(field person)
at thief
run people role grant "$mallory" coordinator
run --json post "Words of the thief"
meet b thief
at thief
run moderate remove Ben --reason "Mine now."
run moderate remove Cat --reason "Mine now."
meet thief b
meet thief c
for node in b c; do
    [ "$(roles "$node")" != "$before" ] || fail "the thief has changed nothing at $node"
    at "$node"
    refuse 4 refused post "Nobody hears me"
done

# She sees it, from a new machine, and gives the device up from the first foreign entry on.
at n
start=$("$copse" me recover "$ticket" --code "$code")
case $start in *"Welcome back"*) ;; *) fail "me recover: $start" ;; esac
meet c n
meet b n
at n
run fork list
case $output in *"(device "*"in 2 places at once"*) ;; *) fail "fork list does not tell" ;; esac
froms
[ -n "$froms" ] || fail "no place of the thief in $listed"
# shellcheck disable=SC2086
run me devices revoke "$device" $froms --yes --code "$code"
for two in "b n" "c n" "n b" "n c"; do
    # shellcheck disable=SC2086
    meet $two
done
# Now that others take her in again her words have come, and the thief's: the same once more.
at n
froms
# shellcheck disable=SC2086
run me devices revoke "$device" $froms --yes --code "$code"
for two in "b n" "c n" "b n" "c n"; do
    # shellcheck disable=SC2086
    meet $two
done
same "$(roles n)" "$before" "the roles at her new machine"
same "$(roles b)" "$before" "the roles at Ben's"
same "$(roles c)" "$before" "the roles at Cat's"
for node in n b c; do
    at "$node"
    run --json feed -n 100
    case $output in *"Ana's own words"*) ;; *) fail "her own words at $node" ;; esac
    case $output in *"Words of the thief"*) fail "the thief's words at $node" ;; esac
done
# What the thief writes from now on changes nothing either.
at thief
"$copse" people role grant "$mallory" moderator >/dev/null 2>&1 || true
meet b thief
meet c b
same "$(roles b)" "$before" "the roles at Ben's, later"
same "$(roles c)" "$before" "the roles at Cat's, later"
