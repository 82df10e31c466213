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
    tries=0
    while [ ! -s "$folder/served" ] && [ "$tries" -lt 250 ]; do
        sleep 0.02
        tries=$((tries + 1))
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

# digest_of NAME: what this node holds, and what it makes of it.
digest_of() {
    at "$1"
    run --json digest
    printf '%s %s\n' "$(field entries)" "$(field state)"
}

# equal ONE OTHER: both hold the same and make the same of it; the other is the present node.
equal() {
    one_digest=$(digest_of "$1")
    same "$(digest_of "$2")" "$one_digest" "the digests of $1 and $2"
    at "$2"
}

# ids: all entries that are here, one a line, sorted.
ids() {
    output=$("$copse" --json log -n 10000000 2>"$folder/talk") ||
        [ "$(field code)" = no_community ] || fail "log: $(cat "$folder/talk")"
    printf '%s\n' "$output" | grep -o '{"id":"[0-9a-f]*"' | cut -d'"' -f4 | sort
}

# no_forks WHERE: no two entries here have the same place (device, class, seq).
no_forks() {
    run --json log -n 10000000
    forked=$(printf '%s\n' "$output" | grep -o '"device":"[0-9a-f]*","class":[01],"seq":[0-9]*' |
        sort | uniq -d)
    same "$forked" "" "forks at $1"
}
