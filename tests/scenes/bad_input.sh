#!/bin/sh
# The table of bad inputs in cli/README.md, row by row; and that nothing is lost by any of them.
. "$(dirname "$0")/lib.sh"

refuse 3 no_identity ask "Anybody?"
refuse 3 no_identity status
refuse 9 needs_input init
refuse 2 usage init --name ""
run init --name "Ana Ruiz"
refuse 5 exists init --name "Ana Ruiz"
refuse 3 no_community ask "Anybody?"
run --json community create "Physics teaching"
run --json invite
ticket=$(field ticket)

refuse 2 unknown_verb serach x
refuse 2 unknown_verb page edti 1234
refuse 2 usage page
refuse 2 usage ask --nonsense
refuse 2 usage ask --file
refuse 2 usage reply
refuse 2 usage feed -n many
refuse 2 usage feed --color mauve
refuse 2 usage status too much
refuse 9 needs_input ask
refuse 2 usage ask -m "   "
refuse 2 usage ask words -m words
refuse 3 not_found ask -F "$folder/absent"
refuse 3 not_found thread 0123
refuse 2 usage thread 012
refuse 2 usage thread torque
refuse 3 no_community ask x -C nowhere
refuse 2 usage post --type novel x
refuse 2 malformed page new "$(printf 'a\tb')" -m x
refuse 2 malformed community create "$(printf 'caf\351')"

# Invitations.
refuse 2 bad_ticket join hello
refuse 2 bad_ticket join "$(printf '%s' "$ticket" | cut -c1-200)"
refuse 2 bad_ticket join "$(printf '%s' "$ticket" | sed 's/..$/AA/')"
refuse 5 exists join "$ticket"
refuse 2 usage invite --role owner
refuse 2 usage invite --uses 100000

# People and roles.
refuse 3 not_found people show Nobody
refuse 2 usage people role grant "Ana" owner
refuse 2 usage people role grant "Ana" member --until 2027-02-30
refuse 2 usage people role grant "Ana" member --until 1999-01-01
refuse 9 needs_input moderate remove Ana
refuse 2 usage moderate remove Ana --reason "  "
refuse 4 refused moderate remove Ana --reason x
refuse 3 not_found moderate readmit Ana --reason x
refuse 3 not_found moderate accept Ana --reason x
refuse 4 refused people recall Ana --reason x
refuse 4 refused people role revoke Ana coordinator --reason x
refuse 3 not_found people role revoke Ana guest --reason x
refuse 3 not_found people assent 01234567
refuse 2 usage people assent what
refuse 3 not_found community invites revoke 01234567
refuse 2 usage community create x --kind closed
refuse 3 not_found community create x --founder Nobody
refuse 2 usage community charter amend --members-invite maybe
refuse 2 usage community charter amend --approve pictures
refuse 3 not_found community charter agree 01234567
refuse 9 needs_input community leave
refuse 3 not_found unplaced repost 01234567
refuse 2 unknown_verb people role gran
refuse 2 usage people role
anas=0000a0000000000000000000000000000000000000000000000000000000000
for number in 1 2; do
    run people role grant "${anas}$number" guest
done
refuse 2 ambiguous people show 0000a0

# Files.
mkdir "$folder/notes"
printf 'good\n' >"$folder/notes/good.md"
printf 'caf\351\n' >"$folder/notes/latin.md"
refuse 2 not_utf8 ask -F "$folder/notes/latin.md"
refuse 1 not_utf8 import markdown "$folder/notes"
output=$(grep 'latin.md' "$folder/talk") || fail "the bad file is not named"
case $output in *'see byte 3'*) ;; *) fail "the byte is not named" ;; esac
printf 'a\n\tb \001\n' >"$folder/notes/latin.md"
refuse 1 control_character import markdown "$folder/notes"
case $(cat "$folder/talk") in
*'U+0001) in line 2, column 4'*) ;;
*) fail "line and column are not named" ;;
esac
refuse 2 control_character ask -F "$folder/notes/latin.md"
refuse 3 not_found import markdown "$folder/absent"
rm "$folder/notes/latin.md"
run --json page list
same "$(field title)" good "the good file beside the bad one"
page=$(field id)

# Pages.
refuse 3 no_such_version page edit "$page" -m x --base 01234567
refuse 2 malformed page edit "$page" -m x --base torque
run export markdown "$folder/out"
printf 'mine\n' >"$folder/out/good.md"
refuse 5 exists export markdown "$folder/out"
same "$(cat "$folder/out/good.md")" mine "a file that was there"
refuse 5 exists backup "$folder/out/good.md"
status=0
"$copse" --json export jsonl - >"$folder/said" 2>&1 || status=$?
same "$status" 2 "two things to standard output"

# An id that matches two: a beginning of four digits that two posts share.
first=
seen=" "
i=0
while [ -z "$first" ] && [ "$i" -lt 2000 ]; do
    run --json post "$i"
    start=$(field id | cut -c1-4)
    case $seen in *" $start "*) first=$start ;; esac
    seen="$seen$start "
    i=$((i + 1))
done
refuse 2 ambiguous show "$first"

# A disk, or here a store, that is full: nothing is half written, and it goes on when there is room.
head -c 600000 /dev/zero | tr '\0' 'x' | fold -w 60 >"$folder/large.md"
export COPSE_MAP_SIZE=1048576
i=0
while "$copse" page new "Large $i" -F "$folder/large.md" >/dev/null 2>&1 && [ "$i" -lt 20 ]; do
    i=$((i + 1))
done
refuse 1 disk_full page new "Large" -F "$folder/large.md"
unset COPSE_MAP_SIZE
run page new "Large" -F "$folder/large.md"
refuse 2 too_large post -F "$folder/large.md"

# Damage. A store whose head is overwritten, one from a later version, keys that others may read.
run check
cp -r "$COPSE_HOME" "$folder/whole"
dd if=/dev/zero of="$COPSE_HOME/store.mdb" bs=4096 count=2 conv=notrunc 2>/dev/null
refuse 6 corrupt feed
refuse 6 corrupt check
rm -rf "$COPSE_HOME"
cp -r "$folder/whole" "$COPSE_HOME"
chmod 0644 "$COPSE_HOME/identity"
refuse 4 refused feed
chmod 0600 "$COPSE_HOME/identity"
run check
