#!/bin/sh
# Measures Copse: sh tests/bench/run.sh [--build DIR] [--entries N] [--smoke] [ROW...]
#
#   ROW...       bulk held check changed small live start write text search git
#                (default: all but held)
#   --build DIR  where copse and copse_bench were built (default: build-test/gcc)
#   --entries N  size of the reference community (default: 1000000)
#   --smoke      small numbers, no limits and no peers: does every row still run?
#
# Prints one line per figure: measured, the raw limit or peer of the same run, the ratio, floor,
# goal and verdict. tests/bench/README.md says what each row means. Works in a folder under TMPDIR
# that is removed at the end; a million entries want 4 GB there.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/bench/lib.sh"

# bulk: the first sync of an empty node with one that holds everything ---------------------------

row_bulk() {
    reference
    newcomer b
    before=$(raw_limit "$entries")
    serve a
    rest_mib=$(private_mib "$server")
    sync_watched b
    stop_served
    after=$(raw_limit "$entries")
    limit=$(number "($before + $after) / 2")
    show 'first sync' "$(rate "$entries")" '1/s' "$limit" 0.2 0.6 share
    wire=$(number "$(field bytes_in) / $entries")
    show 'bytes on the wire of an entry' "$wire" B - 310 220 less
    peak_mib=$(value private_mib "$folder/watched")
    show 'private memory, peak of first sync' "$peak_mib" MiB - 96 64 less
    show 'private memory, serve at rest' "$rest_mib" MiB - 32 16 less
    size=$(stat -c %s "$folder/b/store.mdb")
    show 'disk for an entry' "$(number "$size / $entries")" B - 800 600 less
}

# held: the same onto five times as many that are here already -----------------------------------

row_held() {
    held=$((entries * 5))
    for name in a b; do
        home "held-$name"
        generate "held-$name" --entries "$held"
    done
    generate held-a --entries "$entries"
    limit=$(raw_limit "$entries")
    for name in a b; do
        at "held-$name"
        run community join "$ticket"
    done
    serve held-a
    sync_watched held-b
    stop_served
    show "sync onto $held" "$(rate "$entries")" '1/s' "$limit" 0.1 0.4 share
    rm -rf "$folder/held-a" "$folder/held-b"
}

# check: two equal nodes -------------------------------------------------------------------------

row_check() {
    pair_of_equals
    measure meet "$folder/b" "$folder/a"
    show 'check of equals, bytes from OPENED' "$(value bytes)" B - 100 60 less
}

# changed: ten logs of ten thousand --------------------------------------------------------------

many() {
    [ ! -d "$folder/many-a" ] || return 0
    home many-a
    generate many-a --devices "$devices" --entries $((devices * 10)) --run 10
    at many-a
    run community join "$ticket"
    newcomer many-b
    serve many-a
    sync_watched many-b
    stop_served
    many_rate=$(rate $((devices * 10)))
}

row_changed() {
    many
    generate many-a --devices "$devices" --entries 10 --run 1
    measure meet "$folder/many-b" "$folder/many-a"
    show "10 changed of $devices logs, bytes" "$(value bytes)" B - 6144 1024 less
    show '... round trips' "$(value round_trips)" '' - 3 1 less
}

row_small() {
    many
    show "first sync of $devices logs of 10" "$many_rate" '1/s' - 20000 100000 more
}

# live: from one serve to another ----------------------------------------------------------------

row_live() {
    pair_of_equals
    serve a
    first=$server
    at b
    run peer add "$address"
    serve b
    sleep 2
    measure live "$folder/a" "$folder/b" --count "$posts"
    stop_served
    server=$first
    stop_served
    show 'live delivery over one hop, median' "$(value median_ms)" ms - 3 0.8 less
    show '... 95 of 100' "$(value p95_ms)" ms - 10 3 less
}

# start: a command on a large store --------------------------------------------------------------

row_start() {
    reference
    at a
    measure often "$folder/none" 1 "$copse" feed --limit 20
    limit=$(startup_limit "$folder/a/store.mdb")
    show 'command start to end, feed of 20' "$(value median_ms)" ms "$limit" 20 5 less
}

# write: a command's write while a bulk comes in -------------------------------------------------

row_write() {
    reference
    ticket=$reference_ticket
    newcomer w
    serve a
    : >"$folder/syncing"
    at w
    ("$copse" --json sync "$address" --once >"$folder/synced" 2>&1 || true
        rm -f "$folder/syncing") &
    syncing=$!
    sleep 0.2
    measure often "$folder/syncing" 20 "$copse" -q post "Written beside a bulk."
    wait "$syncing"
    stop_served
    grep -q '"equal":true' "$folder/synced" || fail "the bulk failed: $(cat "$folder/synced")"
    show "write beside a bulk, 99 of 100 ($(value count))" "$(value p99_ms)" ms - 250 100 less
    show '... median' "$(value median_ms)" ms - - - less
    show '... worst' "$(value worst_ms)" ms - - - less
    rm -rf "$folder/w"
}

# text and search --------------------------------------------------------------------------------

row_text() {
    measure text
    if [ -z "$(value typed_ms)" ]; then
        echo 'the editing traces are not here: no rows of text'
        return
    fi
    show 'automerge-paper typed, replayed' "$(value typed_ms)" ms - 500 57 less
    show 'automerge-paper loaded' "$(value typed_ms)" ms - 30 3 less
    show 'friendsforever merged' "$(value merged_ms)" ms - 300 100 less
}

row_search() {
    home s
    generate s --entries "$notes"
    at s
    run community join "$ticket"
    measure search "$folder/s" --entries "$notes"
    show "indexing of $notes notes" "$(value index_per_s)" '1/s' - 50000 200000 more
    show 'search, newest 20, median' "$(value newest_ms)" ms - 5 0.5 less
    show '... worst' "$(value newest_worst_ms)" ms - - - less
}

# git: as many commits fetched -------------------------------------------------------------------

row_git() {
    if [ "$smoke" = yes ] || [ ! -d "$shared/bench/peers/git" ] || ! command -v git >/dev/null ||
        ! command -v python3 >/dev/null; then
        echo 'git or its driver is not here: no row of git'
        return
    fi
    sh "$shared/bench/peers/git/bench.sh" 50000 >"$folder/git" 2>/dev/null || return 0
    peer=$(awk '/^fetch: .*entries\/s in/ && ++n == 2 { print $2 }' "$folder/git")
    reference
    ticket=$reference_ticket
    newcomer g
    serve a
    sync_watched g
    stop_served
    show 'first sync against git fetch' "$(rate "$entries")" '1/s' "$peer" - - share
    rm -rf "$folder/g"
}

begin "$@"
for row in $rows; do
    "row_$row"
done
