#!/bin/sh
# The five minutes of README.md, typed as they stand. Each line of the section that begins with
# "copse" is run by a shell; ID becomes the id that was printed last, TICKET the invitation.
. "$(dirname "$0")/lib.sh"
top="$(dirname "$0")/../.."
trap '"$copse" serve --stop >/dev/null 2>&1 || true; rm -rf "$folder"' EXIT
unset COPSE_HOME XDG_STATE_HOME
COPSE_PROGRAM=$copse COPSE_LISTEN=127.0.0.1:0 sh "$top/cli/quickstart.sh" >"$folder/first" 2>&1 \
    </dev/null || fail "quickstart: $(cat "$folder/first")"

# An editor that does its work alone.
export EDITOR="sed -i 's/first/last/'"
mkdir "$folder/bin"
ln -s "$copse" "$folder/bin/copse"
export PATH="$folder/bin:$PATH"

sed -n '/^## Five minutes$/,/^## /s/^    \(copse .*\)$/\1/p' "$top/README.md" >"$folder/lines"
[ "$(wc -l <"$folder/lines")" -gt 15 ] || fail "README.md has no tour"
id=
ticket=
count=0
while read -r line; do
    line=$(printf '%s\n' "$line" | sed "s/   *#.*//; s/ ID\\b/ $id/; s/ TICKET\\b/ $ticket/")
    # A terminal, since the editor opens on one only; it turns line ends into CR LF.
    script -qec "$line" "$folder/typed" >"$folder/said" 2>&1 </dev/null ||
        fail "README.md: $line: $(cat "$folder/said")"
    count=$((count + 1))
    case $line in
    *' ask '* | *'page new'*)
        id=$(tr -d '\r' <"$folder/said" | sed -n 's/^\([0-9a-f]\{10\}\)$/\1/p')
        [ -n "$id" ] || fail "README.md: $line: no id: $(cat "$folder/said")"
        ;;
    *' invite') ticket=$(tr -d '\r' <"$folder/said" | sed -n 's/^\(copse1_.*\)$/\1/p') ;;
    esac
done <"$folder/lines"

# It came to what it says.
run search hinge
case $output in *"Torque with a door"*) ;; *) fail "the page is not found" ;; esac
run --json page list
run --json thread "$id"
case $output in *'"author_name":"Ben'*) ;; *) fail "the reply of the other one is not here" ;; esac
run --json community list
same "$(field name)" "First steps" "the community"
