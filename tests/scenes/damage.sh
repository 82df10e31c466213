#!/bin/sh
# A store's file is damaged in each way that a disk knows: a page overwritten, a page zeroed, a bit
# turned anywhere, in the head of a page or in one of the two first pages, the file cut short.
# No command dies of it or hangs, none shows what nobody wrote, and check tells of all that shows.
# COPSE_LONG: 1,000 files.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_nodes.sh"

files=42
[ -z "${COPSE_LONG:-}" ] || files=1000

at a
begin
mkdir "$folder/pages"
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
    awk -v n="$i" 'BEGIN { for (i = 0; i < 60; i++) print "Line " i " of page " n, i * n * 7919 }' \
        >"$folder/pages/$i.md"
done
run import markdown "$folder/pages"
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    run --json post "Words number $i, and some more of them"
done
post=$(field id)
run --json reply "$post" "A reply"
run --json page list
page=$(field id)
size=$(wc -c <"$COPSE_HOME/store.mdb" | tr -d ' ')
keep a state-a

# The commands that look: what each says of the whole store lies in $folder/whole-*.
looks="feed list show thread log"
look() {
    case $1 in
    feed) set -- feed -n 1000 ;;
    list) set -- page list ;;
    show) set -- page show "$page" ;;
    thread) set -- thread "$post" ;;
    log) set -- log -n 1000 ;;
    esac
    status=0
    timeout 30 "$copse" --json "$@" >"$folder/said" 2>"$folder/talk" </dev/null || status=$?
}
# words FILE: the words that it shows. Words that cannot be read are shown as none.
words() { grep -oE '"(title|body|author_name)":"[^"]+"' "$1" | sort -u; }

# seen FILE: all of it but the dates of arrival, which nothing else in the store could confirm.
seen() { sed 's/"what":"[a-z]*"//g; s/"arrived":"[^"]*"//g' "$1"; }

for what in $looks; do
    look "$what"
    same "$status" 0 "$what of the whole store"
    seen "$folder/said" >"$folder/whole-$what"
    words "$folder/said" >"$folder/words-$what"
done

# byte AT: its value. put AT VALUE.
byte() { od -An -tu1 -j "$1" -N 1 "$COPSE_HOME/store.mdb" | tr -d ' '; }
put() {
    # shellcheck disable=SC2059 # an octal escape
    printf "\\$(printf '%03o' "$2")" |
        dd of="$COPSE_HOME/store.mdb" bs=1 seek="$1" conv=notrunc 2>/dev/null
}
turn() {
    value=$(byte "$1")
    put "$1" "$(awk -v v="$value" -v b="$2" 'BEGIN {
        bit = 2 ^ b
        print int(v / bit) % 2 ? v - bit : v + bit
    }')"
}

# damage KIND PAGE OFFSET BIT
damage() {
    at_page=$(($2 * 4096))
    case $1 in
    0) dd if=/dev/urandom of="$COPSE_HOME/store.mdb" bs=4096 seek="$2" count=1 conv=notrunc ;;
    1) dd if=/dev/zero of="$COPSE_HOME/store.mdb" bs=4096 seek="$2" count=1 conv=notrunc ;;
    2) turn $((at_page + $3)) "$4" ;;
    3) turn $((at_page + $3 % 24)) "$4" ;;
    4) truncate -s $((at_page + $3)) "$COPSE_HOME/store.mdb" ;;
    *) turn $(($3 % 152 + 4096 * ($2 % 2))) "$4" ;;
    esac 2>/dev/null
}

awk -v n="$files" -v pages=$((size / 4096)) 'BEGIN {
    srand(20261127)
    for (i = 0; i < n; i++) {
        print i % 6, 2 + int(rand() * (pages - 2)), int(rand() * 4096), int(rand() * 8)
    }
}' >"$folder/plan"
died=0
found=0
while read -r kind number offset bit; do
    restore a state-a
    damage "$kind" "$number" "$offset" "$bit"
    where="kind $kind, page $number, byte $offset, bit $bit"
    signal=0
    differs=
    for what in $looks; do
        look "$what"
        [ "$status" != 124 ] || fail "$where: $what hangs"
        [ "$status" -lt 128 ] || signal=1
        if [ "$status" != 0 ] || ! seen "$folder/said" | cmp -s - "$folder/whole-$what"; then
            differs=$what
        fi
        [ "$status" != 0 ] || words "$folder/said" >"$folder/words"
        [ "$status" != 0 ] || same "$(comm -23 "$folder/words" "$folder/words-$what")" "" \
            "$where: $what shows words that nobody wrote"
    done
    died=$((died + signal))
    status=0
    output=$(timeout 60 "$copse" check 2>&1 </dev/null) || status=$?
    case $status in
    0)
        # The older one of the two first pages is a whole store, as it was before the last entry.
        [ -z "$differs" ] || [ "$kind" = 5 ] ||
            fail "$where: check does not see what $differs shows"
        ;;
    1 | 6) found=$((found + 1)) ;;
    *) fail "$where: check gave $status" ;;
    esac
done <"$folder/plan"
[ $((died * 20)) -le "$files" ] || fail "$died of $files ended a command by a signal"
[ "$found" -gt $((files / 5)) ] || fail "check has found $found of $files only"

# A store as it was before the newest entries that left this machine: it is read, not written.
restore a state-a
start_server
run --json community invite
ticket=$(field ticket)
cp "$COPSE_HOME/store.mdb" "$folder/older"
run post "Words that another node has seen"
at b
run init --name "Ben Okri"
run community join "$ticket"
run sync "$address" --once
at a
stop_server
cp "$folder/older" "$COPSE_HOME/store.mdb"
run --json feed
refuse 4 refused post "This would fork the log"
printf '%s files, %s found by check, %s ended a command by a signal\n' "$files" "$found" "$died"
