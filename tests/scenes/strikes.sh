#!/bin/sh
# Each command is struck at each of its calls to the disk in turn: killed before it, killed in the
# midst of it, refused for want of room, refused by a bad disk, cut short. It never crashes by
# itself and says what is the matter; nothing that was there is lost, what it acknowledged is there,
# and the same command works afterwards. Requests for memory fail likewise. In the short form some
# calls of the longer commands, with COPSE_LONG all.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_nodes.sh"
. "$(dirname "$0")/lib_strike.sh"
in_memory

# The reserve is a comfort, not a promise, and what cannot be swept away is swept away later.
may_fail() {
    case $(cat "$mark") in
    *"/reserve" | "unlink "*) return 0 ;;
    "link "* | "mkdir "*) return 0 ;; # a rename does it too; the folder may have been there
    "fdatasync "*/a | *"/search.db"*) return 0 ;; # a cache, made anew where it fails
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
    if [ "$status" = 0 ] && [ "$1" = search ]; then
        same "$(field id)" "$page" "$where: what is found" # it promises nothing else
        return
    fi
    if [ "$status" = 0 ]; then
        [ "$how" = short ] || [ "$how" = nomem ] || may_fail || fail "$where: not noticed"
        return
    fi
    code=$(field code)
    case $how-$code in
    enospc-disk_full | eio-io | short-io | short-disk_full | nomem-nomem) ;;
    enospc-io) # SQLite says no more when a sync or an unlink fails
        case $(cat "$mark") in *"/search.db"*) ;; *) fail "$where: io" ;; esac
        ;;
    *-not_written) # some files of an export
        case $(field message) in
        *"No space left"* | *"Input/output error"*) ;;
        *) fail "$where: no cause" ;;
        esac
        ;;
    *) fail "$where: the code '$code' ($status) does not name the cause" ;;
    esac
    [ -n "$(field message)" ] || fail "$where: no message"
}

# known WORDS...: afterwards the store is whole and the acknowledged entry is there.
known() {
    said=
    [ "$status" != 0 ] || said=$(field id)
    if [ "$status $1" = "0 compact" ]; then
        ! grep -rq anzibarquux "$folder/a" || fail "$where: what was erased is still in a file"
    fi
    if [ "$present" = yes ]; then
        whole
        [ -z "$said" ] || [ "$1 $2" = "community join" ] || grep -q "$said" "$folder/ids-now" ||
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

# walk WAYS STRIDE WORDS...: strike the command in each of these ways at each of its calls, and at
# each STRIDE-th of its requests for memory; in the short form at each STRIDE-th call, and fewer of
# its requests.
count=0
walk() {
    ways=$1
    stride=$2
    shift 2
    keep a state
    for how in $ways; do
        step=$stride
        [ "$stride" = 1 ] || step=$((stride * slower))
        [ "$how" != nomem ] || step=$((stride * 23))
        n=$((count % (step < 3 ? step : 3) + 1))
        if [ -n "${COPSE_LONG:-}" ]; then
            n=1
            step=1
            [ "$how" != nomem ] || step=$stride
        fi
        struck_here=no
        while restore a state && clean && struck "$how" "$n" "$@"; do
            struck_here=yes
            judge "$@"
            known "$@"
            clean
            again "$@"
            count=$((count + 1))
            n=$((n + step))
        done
        [ "$struck_here" = yes ] || fail "$how: no call of $* was struck"
        [ "$status" = 0 ] || fail "$how: $* fails although nothing was struck"
        [ -z "${COPSE_LONG:-}" ] || printf '%s: to the %sth of %s\n' "$how" "$((n - step))" "$1 $2"
    done
    restore a state
}
clean() { :; }

all="kill tear short enospc eio"
[ "$slower" -gt 1 ] || all="$all nomem"

# Nothing is there yet: whatever happens, the second init leaves the person and the name.
present=no
name="Ana Ruiz"
walk "$all" 5 init --name "$name"
run init --name "$name"

present=yes
: >"$folder/ids"
walk "$all" 1 community create "Physics teaching"
run community create "Physics teaching"
ids >"$folder/ids"
walk "$all" 1 ask "Why is the sky blue?"
run ask "Why is the sky blue?"
printf 'Light bends.\n' >"$folder/page.md"
run --json page new Optics -F "$folder/page.md"
page=$(field id)
printf 'Light bends in glass.\n' >"$folder/page.md"
ids >"$folder/ids"
walk "$all" 1 page edit "$page" -F "$folder/page.md"
run page edit "$page" -F "$folder/page.md"
mkdir "$folder/notes"
for i in 1 2 3; do printf 'Note %s.\n' "$i" >"$folder/notes/$i.md"; done
ids >"$folder/ids"
walk "$all" 1 import markdown "$folder/notes"
run import markdown "$folder/notes"
ids >"$folder/ids"
walk "$all" 1 community invite
run --json community invite
ticket=$(field ticket)
walk "$all" 9 search light
run --json post -m "Not for long, zanzibarquux."
post=$(field id)
ids >"$folder/ids"
walk "$all" 2 erase "$post" --yes
run erase "$post" --yes
ids >"$folder/ids"
walk "$all" 2 compact
clean() { rm -f "$folder/copy"; }
walk "$all" 1 backup "$folder/copy"
clean() { rm -rf "$folder/out"; }
walk "kill tear enospc eio" 3 export markdown "$folder/out"
clean() { :; }

# Another person, who joins.
COPSE_HOME="$folder/b"
name="Ben Okri"
run init --name "$name"
rm -rf "$folder/a"
mv "$folder/b" "$folder/a"
COPSE_HOME="$folder/a"
: >"$folder/ids"
walk "$all" 1 community join "$ticket"

# A new key: in the file first, then in the community. What was cut short goes on where it was.
run community create "A second one"
ids >"$folder/ids"
walk "$all" 1 fork repair

# A backup, where nothing is.
run backup "$folder/kept.copy"
code=$("$copse" me code show 2>/dev/null)
rm -rf "$folder/a"
present=no
walk "$all" 3 restore "$folder/kept.copy" --code "$code"
printf '%s strikes\n' "$count"
