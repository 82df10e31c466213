#!/bin/sh
# A real body of text: imported at one node, carried to another over TCP while both go on writing,
# and exported there. Every text comes out as it went in, but for the ends of lines.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_nodes.sh"
corpus=${COPSE_SHARED:-$(dirname "$0")/../../../shared}/corpora/digitalgov
if [ ! -d "$corpus" ]; then
    echo "skipped: there is no $corpus"
    exit 77
fi

# What the corpus must come to, by other means than ours: no byte order mark, and LF alone.
mkdir "$folder/want"
(cd "$corpus" && find . -name '*.md' -type f ! -path '*/.*' | sed 's|^\./||') >"$folder/files"
count=$(wc -l <"$folder/files" | tr -d ' ')
while read -r file; do
    mkdir -p "$folder/want/$(dirname "$file")"
    LC_ALL=C sed '1s/^\xef\xbb\xbf//; s/\r$//' "$corpus/$file" | tr '\r' '\n' >"$folder/want/$file"
done <"$folder/files"

at a
begin
run --json import markdown "$corpus"
same "$(field new) $(field failed)" "$count 0" "files new, failed"
run --json import markdown "$corpus"
same "$(field unchanged)" "$count" "files when imported again"
start_server
run --json community invite
ticket=$(field ticket)
at b
run init --name "Ben Okri"
run community join "$ticket"

# While the bulk comes, commands at both nodes write, and are not refused.
"$copse" --json sync --once >"$folder/synced" 2>&1 </dev/null &
sync=$!
writes=0
while kill -0 "$sync" 2>/dev/null; do
    at a
    run post "Written at A meanwhile"
    at b
    run post "Written at B meanwhile"
    writes=$((writes + 1))
done
wait "$sync" || fail "sync: $(cat "$folder/synced")"
[ "$writes" -gt 0 ] || fail "the sync was over before anybody wrote"
at b
run --json sync --once
equal a b
stop_server
for name in a b; do
    at "$name"
    run --json feed -n 10000
    for who in A B; do
        posts=$(printf '%s\n' "$output" | grep -o "Written at $who meanwhile" | wc -l)
        same "$((posts))" "$writes" "posts of $who at $name"
    done
    run check
done

at b
run --json export markdown "$folder/out"
same "$(field new)" "$count" "files that come out"
diff -r "$folder/want" "$folder/out" >"$folder/differ" 2>&1 ||
    fail "what came out differs: $(head -n 20 "$folder/differ")"
printf '%s files, %s writes at each node meanwhile\n' "$count" "$writes"
