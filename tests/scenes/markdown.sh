#!/bin/sh
# Markdown in and out: the same files add nothing, changed ones are edits of what was imported,
# words changed here meanwhile stay, and what comes out is what went in.
. "$(dirname "$0")/lib.sh"
begin
mkdir -p "$folder/in/deep"
{
    printf '\357\273\277---\ntitle: "Lenses: a guide"\ntags:\n  - optics\n  - lab\n'
    printf 'author: Eva\ndate: 2020-02-03\n---\n\n# Lenses\n\nA thin lens.\n\nA thick lens.\n'
} >"$folder/in/lenses.md"
printf 'no front matter\rat all' >"$folder/in/deep/plain.markdown"
printf -- '---\n---\n' >"$folder/in/empty.md"
printf '' >"$folder/in/nothing.md"
printf 'not markdown' >"$folder/in/other.txt"
ln -s "$folder/in/lenses.md" "$folder/in/link.md"

run --json import markdown "$folder/in" --dry-run
same "$(field new)$(field failed)$(field links_skipped)$(field others_skipped)" 4011 "dry run"
run --json status
same "$(field entries)" 2 "entries after a dry run"
run --json import markdown "$folder/in"
same "$(field new)" 4 "new files"
same "$(field normalised)" 2 "normalised files"
run --json digest
before=$(field entries)
run --json import markdown "$folder/in"
same "$(field unchanged)" 4 "unchanged files"
run --json digest
same "$(field entries)" "$before" "the digest after importing again"

run export markdown "$folder/out"
tail -c +4 "$folder/in/lenses.md" | cmp - "$folder/out/lenses.md" || fail "lenses.md"
printf 'no front matter\nat all' | cmp - "$folder/out/deep/plain.markdown" || fail "plain"
cmp "$folder/in/empty.md" "$folder/out/empty.md" || fail "empty.md"
cmp "$folder/in/nothing.md" "$folder/out/nothing.md" || fail "nothing.md"
[ ! -e "$folder/out/link.md" ] || fail "a link was followed"

# A change here and a change there meet.
run --json page list --tag optics
page=$(field id)
same "$(field title)" "Lenses: a guide" "title"
run page show "$page"
printf '%s\n' "$output" | sed 's/A thick lens/A very thick lens/' >"$folder/mine.md"
run page edit "$page" -F "$folder/mine.md"
sed 's/A thin lens/A quite thin lens/; s/Lenses: a guide/Lenses/; s/  - lab/  - mirrors/' \
    "$folder/in/lenses.md" >"$folder/in/new" && mv "$folder/in/new" "$folder/in/lenses.md"
run --json import markdown "$folder/in"
same "$(field changed)" 1 "changed files"
run --json page show "$page"
same "$(field title)" "Lenses" "title after the change"
merged='\n# Lenses\n\nA quite thin lens.\n\nA very thick lens.\n'
same "$(field body)" "$merged" "merged body"
case $output in *'"tags":["mirrors","optics"]'*) ;; *) fail "tags" ;; esac
run --json import markdown "$folder/in"
same "$(field unchanged)" 4 "unchanged after the change"

# A record that is lost is found again by the path that the page came from.
run check
run --json page list
same "$(printf '%s' "$output" | grep -o '"id"' | wc -l | tr -d ' ')" 4 "pages"

# A page made here gets a name and front matter, and comes back as it was.
run page new "Say \"cheese\": #1" -m "Body" --tag a
run export markdown "$folder/out2"
run --json import markdown "$folder/out2" --dry-run
same "$(field new)$(field unchanged)" 14 "an export, imported again"
run --json import markdown "$folder/out2"
run --json page show "$page"
same "$(field body)" "$merged" "the body, as it was"
