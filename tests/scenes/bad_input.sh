#!/bin/sh
# The table of bad inputs in cli/README.md, row by row; and that nothing is lost by any of them.
. "$(dirname "$0")/lib.sh"

for verb in status feed check "check --rebuild" digest log "page list" "search x" "me show" serve \
    "sync 127.0.0.1:1" "backup $folder/x" "export markdown $folder/x" "import markdown $folder" \
    "peer list" "community list" invite "thread 0123" "ask Anybody?"; do
    # shellcheck disable=SC2086 # a list of words
    refuse 3 no_identity $verb
done
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
refuse 2 usage ask --tug x
grep -q 'Did you mean: --tag' "$folder/talk" || fail "no option is proposed"
refuse 2 usage ask x --tag ""
status=0
output=$("$copse" ask --tug --json 2>&1) || status=$?
same "$status$(field code)" 2usage "--json behind a wrong option"
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
refuse 2 usage page new " " -m x
refuse 2 usage community create ""
refuse 2 usage me name ""
refuse 2 malformed community create "$(printf 'caf\351')"

# Invitations.
refuse 2 bad_ticket join hello
refuse 2 bad_ticket join "$(printf '%s' "$ticket" | cut -c1-200)"
refuse 2 bad_ticket join "$(printf '%s' "$ticket" | sed 's/..$/AA/')"
refuse 5 exists join "$ticket"
refuse 1 from_the_future join "$(printf '%s' "$ticket" | sed 's/^copse1_/copse2_/')"
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
refuse 3 not_found moderate hide 01234567 --reason x
refuse 2 usage moderate hide what --reason x
run --json ask "Is it so?"
question=$(field id)
refuse 9 needs_input moderate hide "$question"
refuse 9 needs_input erase "$question"
run --json community list
refuse 2 malformed moderate hide "$(field id)" --reason x
run --json moderate hide "$question" --reason x
act=$(field id)
refuse 2 malformed moderate hide "$act" --reason x
refuse 2 malformed erase "$act" --yes
run mark "$question" thanks
run mark "$question" thanks --undo
run --json log -n 1
refuse 3 not_found erase "$(field id)" --yes
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
head -c 4194305 /dev/zero | tr '\0' 'x' >"$folder/notes/latin.md"
refuse 1 too_large import markdown "$folder/notes"
refuse 2 too_large page new "Large" -F "$folder/notes/latin.md"
rm "$folder/notes/latin.md"
run --json page list
same "$(field title)" good "the good file beside the bad one"
page=$(field id)

# Pages.
refuse 2 malformed tag "$page" ""
refuse 2 usage page edit "$page" --title ""
refuse 3 no_such_version page edit "$page" -m x --base 01234567
refuse 2 malformed page edit "$page" -m x --base torque
refuse 2 malformed page edit "$page" -m x --base ""
refuse 2 malformed page show "$page" --version "$page+"
run export markdown "$folder/out"
printf 'mine\n' >"$folder/out/good.md"
refuse 5 exists export markdown "$folder/out"
same "$(cat "$folder/out/good.md")" mine "a file that was there"
refuse 5 exists backup "$folder/out/good.md"
mkdir -p "$folder/blocked/good.md"
refuse 1 not_written export markdown "$folder/blocked" --force
refuse 1 not_written export markdown /proc/nowhere
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

# A disk that takes nothing more, whatever is written; and a network file system.
shim="$(dirname "$copse")/tests/copse_disk_shim.so"
[ -e "$shim" ] || fail "$shim is not built"
run --json digest
before=$(field entries)
export LD_PRELOAD="$shim" COPSE_DISK=full
[ -e "$COPSE_HOME/reserve" ] || fail "no room is kept for a full disk"
refuse 1 disk_full post "Lost?"
[ ! -e "$COPSE_HOME/reserve" ] || fail "the room that was kept is not given back"
refuse 1 disk_full page new "Lost?" -m "Lost?"
refuse 1 disk_full export jsonl "$folder/all.jsonl"
refuse 1 disk_full export markdown "$folder/full"
refuse 1 disk_full backup "$folder/full.copse"
export COPSE_DISK=network
refuse 1 unsuited feed
grep -q 'network file system' "$folder/talk" || fail "it does not say why"
refuse 1 unsuited check
refuse 1 unsuited --home "$folder/elsewhere" init --name "Ana Ruiz"
unset LD_PRELOAD COPSE_DISK
run --json digest
same "$(field entries)" "$before" "the digest after the disk was full"
for file in "$folder/all.jsonl" "$folder/full.copse"; do
    [ ! -e "$file" ] || fail "half of $file is left"
done
run post "Not lost"

# A store from the future. Its format stands in it as a word and four bytes.
run check
cp -r "$COPSE_HOME" "$folder/whole"
LC_ALL=C sed -i 's/format\x00\x00\x00\x02/format\x00\x00\x00\x03/g' "$COPSE_HOME/store.mdb"
cp "$COPSE_HOME/store.mdb" "$folder/later.mdb"
refuse 1 from_the_future feed
grep -q 'format 3, this program knows 2' "$folder/talk" || fail "it does not say which format"
refuse 1 from_the_future post "Anybody?"
refuse 1 from_the_future check
cmp "$folder/later.mdb" "$COPSE_HOME/store.mdb" || fail "a store from the future was changed"
rm -rf "$COPSE_HOME"
cp -r "$folder/whole" "$COPSE_HOME"
rm -rf "$folder/whole"

# Damage: a store whose head is overwritten; and keys that others may read.
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

# Devices. An identity that was just made here is nobody's to come back to.
refuse 5 exists me recover "$ticket"
refuse 2 bad_ticket me recover hello
refuse 3 not_found me devices revoke 0000 --yes
refuse 3 not_found me devices revoke nowhere --yes
refuse 3 not_found me devices name 0000 laptop
run --json me show
device=$(field device)
refuse 2 usage me devices name "$device"
refuse 2 too_large me devices name "$device" "$(printf '%065d' 1)"
refuse 9 needs_input me devices revoke "$device"
refuse 3 not_found me devices revoke "$device" --from 0000 --yes
refuse 2 usage me devices revoke "$device" --from x --yes
refuse 1 wrong_code me devices revoke "$device" --yes --code nonsense
refuse 1 wrong_code fork repair --code nonsense
refuse 3 not_found fork repair --from 0000
refuse 3 not_found fork accept "$device" --reason x
refuse 5 exists restore "$folder/nothing"
run --json me show
same "$(field device)" "$device" "the device after all of this"
