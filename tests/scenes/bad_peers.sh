#!/bin/sh
# The rows of the table of bad inputs in cli/README.md that need somebody at the other end.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_nodes.sh"
stranger_program="$(dirname "$copse")/tests/copse_stranger"
strangers=
trap 'for stranger in $strangers; do kill "$stranger" 2>/dev/null || true; done
    stop_server; rm -rf "$folder"' EXIT

# start_stranger MODE: somebody who is no node; $address is where.
start_stranger() {
    rm -f "$folder/port"
    "$stranger_program" "$1" >"$folder/port" &
    strangers="$strangers $!"
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        [ ! -s "$folder/port" ] || break
        sleep 0.1
    done
    address=127.0.0.1:$(cat "$folder/port")
}

# says WORDS: the last refusal said this.
says() {
    case $(cat "$folder/talk") in
    *"$1"*) ;;
    *) fail "not '$1', but $(cat "$folder/talk")" ;;
    esac
}

at a
begin
run --json digest
before=$(field entries)
refuse 3 no_address sync
refuse 2 usage sync nowhere
refuse 2 usage peer add "[::1]:99999"
refuse 2 usage serve --listen 127.0.0.1:x
refuse 7 network serve --listen 192.0.2.1:7071
refuse 3 not_running serve --stop

# Nobody, and those who are no nodes.
start_stranger http
refuse 7 no_node sync "$address"
says "what answers at $address is no copse node"
start_stranger away
refuse 7 no_node sync "$address"
says "at $address the call is taken, but no copse node answers"
start_stranger half
refuse 7 no_node sync "$address"
start_stranger noise
refuse 7 no_node sync "$address"
start_stranger silent
refuse 7 no_node sync "$address"
says "at $address the call is taken, but no copse node answers"
for stranger in $strangers; do
    kill "$stranger"
    wait "$stranger" || true
done
strangers=
refuse 7 network sync "$address"
says "nobody answers at $address"
run peer add "$address"
refuse 7 network sync
says "nobody answers at the addresses in the book"

# Oneself, twice at once, and somebody one has nothing in common with.
start_server
refuse 2 own_address sync "$address"
refuse 8 busy serve --listen 127.0.0.1:0
at b
run init --name "Ben Okri"
refuse 3 nothing_in_common sync "$address"

# Another node at an address where one was met before.
at c
run init --name "Cem Aydin"
at a
place=$address
stop_server
at c
start_server "$place"
at b
refuse 7 wrong_key sync "$place"
says "does not have the key of the node that was meant"
run peer add "$place"
refuse 3 nothing_in_common sync "$place"
stop_server

# None of it has changed anything.
at a
run --json digest
same "$(field entries)" "$before" "the digest after all that"
run check
