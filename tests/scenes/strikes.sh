#!/bin/sh
# Each command is struck at each of its calls to the disk in turn: killed before it, killed in the
# midst of it, refused for want of room, refused by a bad disk, cut short. It never crashes by
# itself and says what is the matter; nothing that was there is lost, what it acknowledged is there,
# and the same command works afterwards. Requests for memory fail likewise; in the short form each
# 23rd, with COPSE_LONG each.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_strike.sh"
in_memory

# The reserve is a comfort, not a promise, and what cannot be swept away is swept away later.
may_fail() {
    case $(cat "$mark") in
    *"/reserve" | "unlink "*) return 0 ;;
    "link "* | "mkdir "*) return 0 ;; # a rename does it too; the folder may have been there
    esac
    return 1
}

# What must be true after a strike, whatever the command said.
judge() {
    where="$how $n $* at $(cat "$mark")"
    case $how in
    kill | tear)
        [ "$status" = 137 ] || fail "$where: not killed but $status"
        return
        ;;
    esac
    [ "$status" -lt 128 ] || fail "$where: ended by a signal ($status)"
    if [ "$status" = 0 ]; then
        [ "$how" = short ] || [ "$how" = nomem ] || may_fail || fail "$where: not noticed"
        return
    fi
    code=$(field code)
    case $how-$code in
    enospc-disk_full | eio-io | short-io | short-disk_full | nomem-nomem) ;;
    *) fail "$where: the code '$code' ($status) does not name the cause" ;;
    esac
    [ -n "$(field message)" ] || fail "$where: no message"
}

# known WORDS...: afterwards the store is whole and the acknowledged entry is there.
known() {
    said=
    [ "$status" != 0 ] || said=$(field id)
    if [ "$present" = yes ]; then
        whole
        [ -z "$said" ] || [ "$1" = community ] || grep -q "$said" "$folder/ids-now" ||
            fail "$where: $said was acknowledged and is not there"
    fi
}

# again WORDS...: the command works now, or says that it is done already.
again() {
    status=0
    output=$("$copse" --json "$@" 2>"$folder/talk" </dev/null) || status=$?
    [ "$status" = 0 ] || [ "$(field code)" = exists ] || fail "$where: then $* gave $status"
    run check
    run --json me show
    same "$(field name)" "$name" "$where: the name"
}

# walk WAYS WORDS...: strike the command in each of these ways at each of its calls.
count=0
walk() {
    ways=$1
    shift
    keep a state
    for how in $ways; do
        n=1
        step=1
        if [ "$how" = nomem ] && [ -z "${COPSE_LONG:-}" ]; then
            n=$((count % 23 + 1))
            step=23
        fi
        while restore a state && struck "$how" "$n" "$@"; do
            judge "$@"
            known "$@"
            after "$@"
            again "$@"
            count=$((count + 1))
            n=$((n + step))
        done
        [ "$n" -gt 1 ] || fail "$how: no call of $* was struck"
        [ "$status" = 0 ] || fail "$how: $* fails although nothing was struck"
    done
    restore a state
}
after() { :; }

all="kill tear short enospc eio"
# The sanitizers bring a heap of their own.
if ! grep -q __asan_init "$copse"; then
    all="$all nomem"
fi

# Nothing is there yet: whatever happens, the second init leaves the person and the name.
present=no
name="Ana Ruiz"
walk "$all" init --name "$name"
run init --name "$name"

present=yes
: >"$folder/ids"
walk "$all" community create "Physics teaching"
run community create "Physics teaching"
ids >"$folder/ids"
walk "$all" ask "Why is the sky blue?"
run ask "Why is the sky blue?"
printf 'Light bends.\n' >"$folder/page.md"
run --json page new Optics -F "$folder/page.md"
page=$(field id)
printf 'Light bends in glass.\n' >"$folder/page.md"
ids >"$folder/ids"
walk "$all" page edit "$page" -F "$folder/page.md"
run page edit "$page" -F "$folder/page.md"
mkdir "$folder/notes"
for i in 1 2 3; do printf 'Note %s.\n' "$i" >"$folder/notes/$i.md"; done
ids >"$folder/ids"
walk "$all" import markdown "$folder/notes"
run import markdown "$folder/notes"
ids >"$folder/ids"
walk "$all" community invite
run --json community invite
ticket=$(field ticket)
walk "$all" search light
after() { rm -f "$folder/copy"; }
walk "$all" backup "$folder/copy"
after() { rm -rf "$folder/out"; }
walk "kill tear enospc eio" export markdown "$folder/out"
after() { :; }

# Another person, who joins.
COPSE_HOME="$folder/b"
name="Ben Okri"
run init --name "$name"
rm -rf "$folder/a"
mv "$folder/b" "$folder/a"
COPSE_HOME="$folder/a"
: >"$folder/ids"
walk "$all" community join "$ticket"
printf '%s strikes\n' "$count"
