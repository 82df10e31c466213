#!/bin/sh
# The man page lists what the program lists. To make it anew: keep what stands before the line
# "# OPTIONS OF EVERY VERB" and put behind it what `copse help --manual` prints.
. "$(dirname "$0")/lib.sh"
page="$(dirname "$0")/../../cli/copse.1.scd"
"$copse" help --manual >"$folder/lists"
sed -n '/^# OPTIONS OF EVERY VERB$/,$p' "$page" >"$folder/kept"
cmp "$folder/lists" "$folder/kept" || fail "cli/copse.1.scd is not what the table of verbs says"
if command -v scdoc >/dev/null; then
    scdoc <"$page" >"$folder/copse.1" || fail "scdoc does not take it"
fi
