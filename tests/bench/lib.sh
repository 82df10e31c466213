# What the rows of run.sh stand on.
# shellcheck shell=sh disable=SC2154,SC2034

build=$top/build-test/gcc
entries=1000000
devices=10000
notes=100000
posts=200
smoke=no
rows=
server=
said=
shared=${COPSE_SHARED:-$top/../shared}

fail() {
    printf 'tests/bench/run.sh: %s\n' "$*" >&2
    exit 1
}

begin() {
    while [ $# -gt 0 ]; do
        case $1 in
        --build | --entries)
            [ $# -gt 1 ] || fail "$1 wants a word"
            [ "$1" = --build ] && build=$(cd "$2" && pwd) || entries=$2
            shift
            ;;
        --smoke) smoke=yes entries=2000 devices=60 notes=1000 posts=5 ;;
        bulk | held | check | changed | small | live | start | write | text | search | git)
            rows="$rows $1"
            ;;
        *) fail "unknown word $1" ;;
        esac
        shift
    done
    rows=${rows:-bulk check changed small live start write text search git}
    [ "$smoke" = no ] || rows='bulk held check changed small live start write text search'
    copse=$build/copse
    bench=$build/tests/copse_bench
    [ -x "$bench" ] || fail "$bench is not there: build first"
    folder=$(mktemp -d)
    trap 'stop_served; rm -rf "$folder"' EXIT
    trap 'exit 130' INT TERM
    unset COPSE_HOME XDG_DATA_HOME || true
    export HOME="$folder" TZ=UTC LC_ALL=C.UTF-8
    printf '%-38s %12s %-4s %10s %7s %8s %8s  %s\n' \
        figure measured '' limit ratio floor goal verdict
}

# ---- numbers ----

# number EXPRESSION: three digits behind the point, none for large ones.
number() {
    awk "BEGIN { x = $1; printf(x >= 1000 ? \"%.0f\" : \"%.3f\", x) }"
}

# value NAME [FILE]: of lines NAME VALUE.
value() {
    if [ $# -gt 1 ]; then
        awk -v name="$1" '$1 == name { print $2 }' "$2"
    else
        printf '%s\n' "$said" | awk -v name="$1" '$1 == name { print $2 }'
    fi
}

# field NAME: a number in what the last sync printed.
field() {
    sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p" "$folder/synced"
}

# rate COUNT: in a second of the last watched run.
rate() {
    number "$1 / $(value seconds "$folder/watched")"
}

# show WHAT MEASURED UNIT LIMIT FLOOR GOAL less|more|share: one line. `share`: floor and goal are of
# the ratio. "-" stands for none.
show() {
    awk -v what="$1" -v m="$2" -v unit="$3" -v limit="$4" -v floor="$5" -v goal="$6" -v by="$7" '
        function good(x, bound) { return by == "less" ? x + 0 <= bound + 0 : x + 0 >= bound + 0 }
        BEGIN {
            ratio = limit + 0 > 0 ? sprintf("%.3f", m / limit) : "-"
            x = by == "share" ? ratio : m
            verdict = "-"
            if (floor != "-" && x != "-") {
                verdict = good(x, goal) ? "goal" : good(x, floor) ? "floor" : "MISSED"
            }
            printf("%-38s %12s %-4s %10s %7s %8s %8s  %s\n", what, m, unit, limit, ratio, floor,
                   goal, verdict)
        }'
}

# ---- limits ----

# limit_program NAME FLAG...: built from where it lies; its path, or nothing.
limit_program() {
    name=$1
    shift
    source=$shared/bench/limits/$name.c
    if [ "$smoke" = yes ] || [ ! -f "$source" ]; then
        return 0
    fi
    [ -x "$folder/$name" ] || cc -O2 -w "$@" -o "$folder/$name" "$source" \
        -llmdb -lsodium -luv -lmsgpackc -lpthread || return 0
    printf '%s\n' "$folder/$name"
}

# raw_limit N: entries in a second through the bare pipeline: durable, a deep queue, one signature
# for 64, a prefix index, no views.
raw_limit() {
    program=$(limit_program pipeline -DQLEN=512)
    if [ -z "$program" ]; then
        echo 0
        return
    fi
    [ -f "$folder/generated-$1" ] || LAYOUT=clusp "$program" gen "$1" 64 >"$folder/generated-$1"
    LAYOUT=clusp SYNC=1 "$program" tcp "$1" 64 20000 | awk '/^tcp/ { print $4 }'
}

# startup_limit STORE: milliseconds of a program that starts, opens the store, reads and ends.
startup_limit() {
    program=$(limit_program startup)
    took=
    [ -z "$program" ] ||
        took=$("$bench" often "$folder/none" 1 "$program" "$1" | awk '/^median/ { print $2 }')
    printf '%s\n' "${took:--}"
}

# ---- nodes ----

at() {
    export COPSE_HOME="$folder/$1" XDG_STATE_HOME="$folder/state-$1"
}

run() {
    "$copse" --json "$@" >"$folder/ran" 2>&1 </dev/null || fail "copse $*: $(cat "$folder/ran")"
}

# measure PART WORDS...: $said is what it said.
measure() {
    said=$("$bench" "$@") || fail "copse_bench $* failed"
}

home() {
    at "$1"
    run init --name "$1"
}

# generate NAME OPTION...: sets $ticket.
generate() {
    name=$1
    shift
    measure generate "$folder/$name" "$@"
    ticket=$(value ticket)
}

# reference: the home `a` holds the reference community.
reference() {
    [ ! -d "$folder/a" ] || return 0
    home a
    generate a --entries "$entries"
    run community join "$ticket"
    reference_ticket=$ticket
}

# newcomer NAME: a home that has joined and holds nothing yet.
newcomer() {
    home "$1"
    run community join "$ticket"
}

# pair_of_equals: `a` and `b` hold the same.
pair_of_equals() {
    reference
    [ -d "$folder/b" ] || { ticket=$reference_ticket && newcomer b; }
    serve a
    sync_watched b
    stop_served
}

private_mib() {
    awk '/^RssAnon/ { printf "%.1f", $2 / 1024 }' "/proc/$1/status"
}

# serve NAME: sets $server and $address.
serve() {
    at "$1"
    rm -f "$folder/served"
    "$copse" serve --listen 127.0.0.1:0 --no-web --json >"$folder/served" 2>"$folder/serving" &
    server=$!
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        [ ! -s "$folder/served" ] || break
        sleep 0.2
    done
    address=$(sed -n 's/.*"listen":"\([^"]*\)".*/\1/p' "$folder/served")
    [ -n "$address" ] || fail "serve: no address: $(cat "$folder/serving")"
}

stop_served() {
    if [ -n "$server" ]; then
        kill -INT "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
        server=
    fi
}

# sync_watched NAME: one meeting with the server; its time and memory are in the file watched.
sync_watched() {
    at "$1"
    "$bench" watch "$folder/watched" "$copse" --json sync "$address" --once >"$folder/synced" ||
        fail "sync: $(cat "$folder/synced")"
}
