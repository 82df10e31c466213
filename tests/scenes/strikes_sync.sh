#!/bin/sh
# Two nodes meet, and one of them is struck at each of its calls to the disk and the network in
# turn: killed before it, killed in the midst of it, refused for want of room, refused by a bad
# disk. Nothing that either had is lost, and at the next meeting they become equal. In the short
# form some of the calls, with COPSE_LONG all.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_nodes.sh"
. "$(dirname "$0")/lib_strike.sh"
in_memory

# Both have what the other has not, and a text that both have changed.
at a
begin
printf 'Light bends.\n\nIt does so in glass.\n' >"$folder/page.md"
run --json page new Optics -F "$folder/page.md"
page=$(field id)
run --json community invite
ticket=$(field ticket)
at b
run init --name "Ben Okri"
run community join "$ticket"
pair a b
for name in a b; do
    at "$name"
    sed "s/Light/Light, says $name,/" "$folder/page.md" >"$folder/edited.md"
    run page edit "$page" -F "$folder/edited.md"
    for i in 1 2 3 4 5 6 7 8; do run post "Words of $name, $i"; done
    ids >"$folder/ids-$name"
done
sort -u "$folder/ids-a" "$folder/ids-b" >"$folder/ids-both"
keep a state-a b state-b

# start_struck HOW N: a serve that is struck; $address is empty when it did not come so far.
start_struck() {
    rm -f "$folder/served" "$mark"
    COPSE_STRIKE=$1 COPSE_STRIKE_AT=$2 COPSE_STRIKE_MARK=$mark LD_PRELOAD="$strike_library" \
        "$copse" serve --listen 127.0.0.1:0 --no-web --json >"$folder/served" 2>"$folder/serving" &
    server=$!
    while [ ! -s "$folder/served" ] && kill -0 "$server" 2>/dev/null; do sleep 0.02; done
    output=$(head -n 1 "$folder/served")
    address=$(field listen)
}

# end_struck: $status is that of the serve.
end_struck() {
    kill -INT "$server" 2>/dev/null || true
    status=0
    wait "$server" 2>/dev/null || status=$?
    server=
    output=$(tail -n 1 "$folder/served")
}

strike_server() {
    met=no
    at a
    start_struck "$how" "$n"
    if [ -n "$address" ]; then
        at b
        "$copse" --json sync "$address" --once >/dev/null 2>&1 </dev/null && met=yes
    fi
    end_struck
    [ -e "$mark" ]
}

strike_caller() {
    at a
    start_server
    at b
    struck "$how" "$n" sync "$address" --once || true
    came=$status
    met=no
    [ "$came" != 0 ] || met=yes
    said=$output
    stop_server
    status=$came
    output=$said
    [ -e "$mark" ]
}

# What a struck program may end with, and that it says why.
judge() {
    where="$side $how $n at $(cat "$mark")"
    case $how in
    kill | tear) [ "$status" = 137 ] || fail "$where: not killed but $status" ;;
    *)
        # 130: our own signal came while it was ending.
        [ "$status" -lt 128 ] || [ "$side$status" = server130 ] ||
            fail "$where: ended by a signal ($status)"
        [ "$status" = 0 ] && return
        case $how-$(field code) in
        enospc-disk_full | eio-io) ;;
        enospc-io) # refused the page that begins the store, a program has to start anew
            case $output in *"failed to take a write"*) ;; *) fail "$where: io" ;; esac
            ;;
        *) fail "$where: the code '$(field code)' ($status) does not name the cause" ;;
        esac
        ;;
    esac
}

# Nothing is lost. When the caller has said that they are equal, they were; now they become it.
settle() {
    for name in a b; do
        at "$name"
        cp "$folder/ids-$name" "$folder/ids"
        [ "$met" = no ] || cp "$folder/ids-both" "$folder/ids"
        whole
    done
    pair a b
    equal a b
    for name in a b; do
        at "$name"
        cp "$folder/ids-both" "$folder/ids"
        whole
    done
}

count=0
for side in caller server; do
    for how in kill tear enospc eio; do
        step=$((8 * slower))
        n=$((count % 8 + 1))
        [ -z "${COPSE_LONG:-}" ] || n=1 step=1
        while restore a state-a b state-b && "strike_$side"; do
            judge
            settle
            count=$((count + 1))
            n=$((n + step))
        done
        same "$status" 0 "$side $how: the exit status when nothing was struck"
        [ "$n" -gt "$step" ] || fail "$side $how: nothing was struck"
        [ -z "${COPSE_LONG:-}" ] || printf '%s %s: to the %sth\n' "$side" "$how" "$((n - step))"
    done
done
printf '%s strikes\n' "$count"
