#!/bin/sh
# Two nodes over TCP: joining by an invitation, meeting, living together, and strangers at the door.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_nodes.sh"

meet() {
    at b
    run --json sync "$address" --once
    case $output in *'"equal":true'*) ;; *) fail "sync: not equal" ;; esac
}

at a
begin
run ask "Why is the sky blue?"
run --json page new "Optics" -F /dev/null
page=$(field id)
printf 'Light bends.\n' >"$folder/one.md"
run page edit "$page" -F "$folder/one.md"

# A stranger gets nothing, and is told so.
start_server
at b
run init --name "Ben Okri"
refuse 3 nothing_in_common sync "$address" --once

# An invitation that is made while serve runs says where to go: joining and sync need nothing else.
at a
run --json community invite
ticket=$(field ticket)
at b
run community join "$ticket"
run --json sync --once
[ "$(field entries_in)" -gt 4 ] || fail "the first meeting brought too little"
equal a b
at b
run --json page show "$page"
same "$(field title)" "Optics" "the title"

# Both edit at once; after one meeting both have both.
at a
printf 'Light bends in glass.\n' >"$folder/a.md"
run page edit "$page" -F "$folder/a.md"
at b
printf 'Slowly: Light bends.\n' >"$folder/b.md"
run page edit "$page" -F "$folder/b.md"
run post "Ben was here"
meet
equal a b
at b
run --json page show "$page"
case $output in *"Slowly: Light bends in glass."*) ;; *) fail "the two edits did not merge" ;; esac

# In the same state a meeting costs less than a KiB, handshake and encryption included; a relay in
# between counts the same bytes as the node says.
"$(dirname "$copse")/tests/copse_relay" "$address" >"$folder/relayed" &
relay=$!
while [ ! -s "$folder/relayed" ]; do sleep 0.02; done
at b
run --json sync "$(cat "$folder/relayed")" --once
while [ "$(wc -l <"$folder/relayed")" -lt 2 ]; do sleep 0.02; done
kill "$relay"
same "$(sed -n '2s/ [0-9]*$//p' "$folder/relayed")" "$(field bytes_out) $(field bytes_in)" \
    "bytes out and in, counted from outside"
cost=$(($(field bytes_in) + $(field bytes_out)))
[ "$cost" -lt 1024 ] || fail "a meeting of equals took $cost bytes"
same "$(field entries_in)$(field entries_out)" 00 "entries between equals"
run --json status
case $output in
*'"peers":[{"node":"'*) ;;
*) fail "status does not say with whom it was compared" ;;
esac

# serve passes on at once what other processes commit, in both directions.
at b
run peer add "$address"
other=$server
b_served="$folder/b-served"
"$copse" serve --listen 127.0.0.1:0 --no-web --json >"$b_served" 2>"$folder/b-serving" &
b_server=$!
trap 'kill "$b_server" 2>/dev/null || true; stop_server; rm -rf "$folder"' EXIT
sleep 1
arrives() {
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        run --json feed
        case $output in *"$1"*) return 0 ;; esac
        sleep 0.1
    done
    fail "'$1' has not arrived within a second: $(cat "$folder/b-serving" "$folder/serving")"
}
at a
run post "live from A"
at b
arrives "live from A"
run post "live from B"
at a
arrives "live from B"
refuse 8 busy serve --listen 127.0.0.1:0
# sync beside a running serve is a meeting of its own.
at b
run --json sync "$address" --once
kill -INT "$b_server"
wait "$b_server" || fail "the second serve ended with $?"
trap 'stop_server; rm -rf "$folder"' EXIT
server=$other

# Strangers who speak something else, or nothing, do not disturb it.
port=${address##*:}
if command -v bash >/dev/null; then
    # shellcheck disable=SC2016
    bash -c '
        trap "" PIPE
        for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
            exec {idle}<>"/dev/tcp/127.0.0.1/$1" || exit 1
        done
        exec 9<>"/dev/tcp/127.0.0.1/$1"
        printf "GET / HTTP/1.1\r\nHost: x\r\n\r\n" >&9
        exec 8<>"/dev/tcp/127.0.0.1/$1"
        head -c 100000 /dev/urandom >&8 2>/dev/null
        exec 7<>"/dev/tcp/127.0.0.1/$1"
        { printf "\000\040"; head -c 5000 /dev/urandom; } >&7 2>/dev/null
        "$2" --json sync "127.0.0.1:$1" --once
    ' bash "$port" "$copse" >"$folder/said" 2>/dev/null ||
        fail "sync beside strangers: $(cat "$folder/said")"
fi
meet
equal a b

# Who cannot be reached, and who is no node.
at a
stop_server
at b
refuse 7 network sync "$address" --once
refuse 2 usage sync nowhere --once
for home in a b; do
    at "$home"
    run check
done
