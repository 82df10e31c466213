#!/bin/sh
# Losing a laptop and coming back with the code on paper, in four commands. What each says is
# compared with lost_laptop.txt, ids and times apart. Then another machine of hers, by one line.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_nodes.sh"
said=$folder/said
want=$(dirname "$0")/lost_laptop.txt

# tell WORDS...: as she types it, with the code on standard input; what it says, both ways.
tell() {
    printf '$ copse %s\n' "$*" >>"$said"
    printf '%s\n' "$code" | "$copse" "$@" >>"$said" 2>&1 || fail "copse $*: $(cat "$said")"
}

at ben
run init --name Ben
run community create "Ward 3"
run --json community invite --days 1
ticket=$(field ticket)
at laptop
run init --name "Ana Ruiz"
code=$("$copse" me code show 2>/dev/null)
run me code confirm "$(echo "$code" | cut -d- -f2)" "$(echo "$code" | cut -d- -f5)"
run community join "$ticket"
pair ben laptop
at ben
run people role grant Ana coordinator
pair ben laptop
at laptop
run post "Before it was lost"
pair ben laptop
run --json me show
old=$(field device)

# The invitation that she still has in her mail was closed long ago. It is enough.
at ben
run --json community invites list
run community invites revoke "$(field id)"
rm -rf "$folder/laptop" "$folder/state-laptop"
at ben
start_server
at new
tell me recover "$ticket" --code -
tell sync "$address"
tell me devices list
tell me devices revoke "$old" --code - --yes
sed -E "s/$ticket/TICKET/; s/$address/ADDRESS/; s/$old/OLD/
    s/(^|[^0-9a-f])[0-9a-f]{10}([^0-9a-f])/\1ID\2/g
    s/[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{5}/TIME/g
    /^Met node|^Parted from/d; s/^Equal now.*/Equal now/" "$said" >"$folder/got"
diff "$want" "$folder/got" >"$folder/diff" || fail "what it said: $(cat "$folder/diff")"

# She is who she was: name, role, words.
run --json me show
same "$(field name)" "Ana Ruiz" "her name"
run community create "A second one"
run sync "$address"
stop_server
pair ben new
run post -C Ward "I am back"
run people role grant Ben member -C Ward
pair ben new
at ben
run --json people show Ana
same "$(field role)" coordinator "her role"
run --json feed
case $output in *"I am back"*"Before it was lost"*) ;; *) fail "her words" ;; esac

# At a terminal a typing error is told at once, and asked again.
if command -v script >/dev/null; then
    at typed
    printf '%s\n%s\n' "${code%?}" "$code" |
        script -qec "'$copse' me recover" /dev/null >"$folder/terminal" 2>&1 ||
        fail "typed: $(cat "$folder/terminal")"
    grep -q "That is mistyped" "$folder/terminal" || fail "no word on a typing error"
    grep -q "Welcome back. This machine is one of your devices now." "$folder/terminal" ||
        fail "typed: $(cat "$folder/terminal")"
fi

# A line from a machine that has joined, and met nobody yet, has no key in it either.
at early
run init --name Eve
early=$("$copse" me code show 2>/dev/null)
ticket2=$(at ben && "$copse" community invite 2>/dev/null)
run community join "$ticket2"
run me devices add
# shellcheck disable=SC2086
set -- ${output#copse }
at early2
run "$@" --code "$early"
run post "Before I met anybody"
at other
run init --name Other
refuse 2 malformed community join "$3"
pair ben early
pair ben early2
at ben
run --json people list
same "$(printf '%s\n' "$output" | grep -o '"name":"Eve"' | wc -l | tr -d ' ')" 1 "people called Eve"
run --json feed -n 1
case $output in *"Before I met anybody"*'"author_name":"Eve"'*) ;; *) fail "early words" ;; esac

# A tablet beside it: one line, and the code.
at new
start_server
run me devices add
line=$output
case $line in 'copse me recover copse1_'*' copse1_'*) ;; *) fail "the line: $line" ;; esac
refuse 3 not_found me devices name 0000 tablet
at tablet
# shellcheck disable=SC2086
set -- ${line#copse }
refuse 1 wrong_code "$@" --code "0000-0000-0000-0000-0000-0000-0000"
refuse 9 needs_input "$@"
refuse 2 bad_ticket me recover copse1_short --code "$code"
other=$(at ben && "$copse" me code show 2>/dev/null)
refuse 1 wrong_code "$@" --code "$other"
run "$@" --code "$code"
run sync
run --json status
same "$(printf '%s\n' "$output" | grep -o '"here":true' | wc -l | tr -d ' ')" 2 "communities"
run post -C Ward "From the tablet"
run sync
stop_server
at new
run --json feed -C Ward -n 1
case $output in *"From the tablet"*) ;; *) fail "the words of the tablet" ;; esac
run --json me devices list
tablet=$(printf '%s\n' "$output" |
    grep -o '"id":"[0-9a-f]*","name":null,"this":false,"communities":2' | cut -d'"' -f4)
run me devices name "$tablet" kitchen tablet
run me devices list
case $output in *"kitchen tablet"*) ;; *) fail "the name of a device" ;; esac
refuse 9 needs_input me devices revoke "kitchen tablet" --code "$code"
refuse 1 wrong_code me devices revoke "kitchen tablet" --yes --code "$other"
refuse 3 not_found me devices revoke "kitchen tablet" --from 0000 --yes --code "$code"
refuse 2 usage me devices revoke "kitchen tablet" --from zzzz --yes --code "$code"
refuse 9 needs_input me devices revoke "kitchen tablet" --yes
