#!/bin/sh
# A store that is older than what has left the machine writes nothing, and says what to do; a
# backup begins again as a new device; neither loses what others have.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_nodes.sh"

says() {
    case $output in *"$1"*) ;; *) fail "$2 does not say '$1'" ;; esac
}

at b
run init --name Ben
run community create Physics
run --json community invite
ticket=$(field ticket)
at a
run init --name Ana
code=$("$copse" me code show 2>/dev/null)
run community join "$ticket"
pair b a
run post "First"
run backup "$folder/first.backup"
cp -r "$folder/a" "$folder/old"
run post "Second"
pair b a

# The folder of this machine was copied back: it knows by the note that lies elsewhere.
rm -rf "$folder/a"
cp -r "$folder/old" "$folder/a"
at a
refuse 4 refused post "Third"
output=$(cat "$folder/talk")
says "older than what this machine has sent" "a store that is behind"
says "copse sync" "a store that is behind"
run --json feed
says First "a store that is behind"
run status
says "nothing can be written here" "the status of a store that is behind"
# Where others have it, it comes back by itself.
pair b a
run post "Third"
pair b a

# Behind, and nobody there who has it: a new key, and the rest later.
run post "Fourth"
pair b a
rm -rf "$folder/a"
cp -r "$folder/old" "$folder/a"
at a
refuse 4 refused post "Fifth"
refuse 1 wrong_code fork repair --code "0000-0000-0000-0000-0000-0000-0000"
run --json me show
old=$(field device)
run fork repair
run post "Fifth"
pair b a
run me devices revoke "$old" --yes
pair b a
for node in a b; do
    at "$node"
    run --json feed -n 100
    for word in First Second Third Fourth Fifth; do
        says "\"$word\"" "the feed at $node"
    done
done
equal a b

# A copy on another machine, that says so.
at a
cp -r "$folder/a" "$folder/copy"
at copy
refuse 4 refused post "From a copy"

# A backup, on a new machine.
at fresh
refuse 9 needs_input restore "$folder/first.backup"
refuse 3 not_found restore "$folder/nothing" --code "$code"
refuse 1 wrong_code restore "$folder/first.backup" --code ZZZZ
at x
run init --name Xaver
stranger=$("$copse" me code show 2>/dev/null)
at fresh
refuse 1 wrong_code restore "$folder/first.backup" --code "$stranger"
head -c 5000 "$folder/first.backup" >"$folder/cut.backup"
status=0
"$copse" restore "$folder/cut.backup" --code "$code" >"$folder/talk" 2>&1 </dev/null || status=$?
[ "$status" = 6 ] || fail "a backup that was cut short: $status $(cat "$folder/talk")"
[ ! -e "$folder/fresh/store.mdb" ] || fail "something was left in place"
[ ! -e "$folder/fresh/restore" ] || fail "a folder was left"
run restore "$folder/first.backup" --code "$code"
says "Restored. This machine is a new device of yours" restore
says Physics restore
refuse 5 exists restore "$folder/first.backup" --code "$code"
run check
run post "Sixth"
pair b fresh
run --json feed -n 100
for word in First Second Third Fourth Fifth Sixth; do
    says "\"$word\"" "the feed after restore"
done
pair b fresh
equal b fresh
