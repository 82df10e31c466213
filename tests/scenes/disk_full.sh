#!/bin/sh
# A disk of a few MiB fills up while its owner writes and a peer brings more: both are told so,
# what is there can be read, and everything goes on when there is room, without a new start.
if [ -z "${COPSE_SMALL_DISK:-}" ]; then
    if ! unshare --map-root-user --mount true 2>/dev/null; then
        echo "skipped: no file system of our own can be had here"
        exit 77
    fi
    COPSE_SMALL_DISK=$(mktemp -d)
    export COPSE_SMALL_DISK
    status=0
    # shellcheck disable=SC2016 # the inner shell reads them
    unshare --map-root-user --mount sh -c '
        mount -t tmpfs -o size=128m small "$COPSE_SMALL_DISK" 2>/dev/null || exit 77
        sh "$0" "$1"' "$0" "$1" || status=$?
    rmdir "$COPSE_SMALL_DISK"
    [ "$status" != 77 ] || echo "skipped: no small disk can be made here"
    exit "$status"
fi
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_nodes.sh"

# The first node's store lies on the small disk, with something that can be thrown away.
ln -s "$COPSE_SMALL_DISK" "$folder/a"
dd if=/dev/zero of="$COPSE_SMALL_DISK/ballast" bs=65536 count=40 2>/dev/null
at a
begin
[ -e "$COPSE_HOME/reserve" ] || fail "no room is kept for a full disk"
mount -o remount,size=12m "$COPSE_SMALL_DISK"
run --json post "The first words"
first=$(field id)
"$copse" serve --listen 127.0.0.1:0 --no-web >"$folder/served" 2>"$folder/serving" &
server=$!
while [ ! -s "$folder/served" ]; do sleep 0.02; done
address=$(sed -n 's/^Listening at \(127[.0-9:]*[0-9]\).*/\1/p' "$folder/served")
run --json community invite
ticket=$(field ticket)
at b
run init --name "Ben Okri"
run community join "$ticket"
run --json sync "$address" --once
i=0
while [ "$i" -lt 32 ]; do
    i=$((i + 1))
    awk -v n="$i" 'BEGIN { srand(n); for (i = 0; i < 20000; i++) printf "%d ", rand() * 1e9 }' |
        fold -w 70 >"$folder/large.md"
    run page new "Large $i" -F "$folder/large.md"
done

# The peer brings more than there is room for.
status=0
"$copse" --json sync "$address" --once >"$folder/said" 2>/dev/null </dev/null || status=$?
[ "$status" != 0 ] || fail "32 large pages found room: $(df -k "$COPSE_SMALL_DISK")"
grep -q "disk is full" "$folder/serving" || fail "serve does not say that the disk is full"

# The owner writes until nothing more fits.
at a
i=0
status=0
while [ "$status" = 0 ] && [ "$i" -lt 100 ]; do
    output=$("$copse" --json page new "Own $i" -F "$folder/large.md" 2>&1 </dev/null) || status=$?
    i=$((i + 1))
done
same "$status $(field code)" "1 disk_full" "writing on a full disk"
run post "Into the room that was kept"

# All that is there can be read, by every command that reads.
run --json feed -n 1000
case $output in *"The first words"*) ;; *) fail "the first words cannot be read" ;; esac
run page list
run thread "$first"
run status
run check
run digest
kill -0 "$server" || fail "serve has ended: $(cat "$folder/serving")"

# There is room again: the owner writes at once, the peer within the time that serve waits.
rm "$COPSE_SMALL_DISK/ballast"
run post "There is room again"
mount -o remount,size=128m "$COPSE_SMALL_DISK"
at b
tries=0
until "$copse" --json sync "$address" --once >"$folder/said" 2>/dev/null </dev/null; do
    tries=$((tries + 1))
    [ "$tries" -lt 40 ] || fail "no sync after there was room: $(cat "$folder/said")"
    sleep 0.5
done
equal a b
stop_server
for name in a b; do
    at "$name"
    run check
    run --json feed -n 1000
    for words in "The first words" "Into the room that was kept" "There is room again"; do
        case $output in *"$words"*) ;; *) fail "$name has not '$words'" ;; esac
    done
done
at a
[ -e "$COPSE_HOME/reserve" ] || fail "no room is kept for the next full disk"
