# What scenes with several nodes share, after lib.sh.
# shellcheck shell=sh disable=SC2154,SC2119,SC2120

# at NAME: commands are run by this node from now on.
at() {
    export COPSE_HOME="$folder/$1" XDG_STATE_HOME="$folder/state-$1"
}

server=
trap 'stop_server; rm -rf "$folder"' EXIT

# start_server [ADDRESS]: a serve of the present node; $address is what it listens at.
start_server() {
    rm -f "$folder/served"
    "$copse" serve --listen "${1:-127.0.0.1:0}" --no-web --json \
        >"$folder/served" 2>"$folder/serving" &
    server=$!
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        [ ! -s "$folder/served" ] || break
        sleep 0.1
    done
    output=$(head -n 1 "$folder/served")
    address=$(field listen)
    case $address in 127.0.0.1:*) ;; *) fail "serve: no address: $(cat "$folder/serving")" ;; esac
}

# stop_server [SIGNAL]: it must end well, unless it is killed.
stop_server() {
    if [ -n "$server" ]; then
        kill "-${1:-INT}" "$server" 2>/dev/null || true
        status=0
        wait "$server" 2>/dev/null || status=$?
        server=
        [ "${1:-INT}" = KILL ] || [ "$status" = 0 ] ||
            fail "serve ended with $status: $(cat "$folder/serving")"
    fi
}

# pair ONE OTHER: the second calls the first; both are equal afterwards.
pair() {
    at "$1"
    start_server
    at "$2"
    run --json sync "$address" --once
    case $output in *'"equal":true'*) ;; *) fail "$1 and $2 did not become equal" ;; esac
    stop_server
}
