#!/bin/sh
# Three nodes edit one page offline, in different places and in the same sentence. They meet in
# pairs, in every order of the three pairs, and some twice: always the same text on all three, no
# word lost, and the history says who wrote what. COPSE_LONG: whoever of each pair calls.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_nodes.sh"

at a
begin
printf 'One.\n\nTwo is the middle.\n\nThree.\n' >"$folder/page.md"
run --json page new "Numbers" -F "$folder/page.md"
page=$(field id)
run --json community invite
ticket=$(field ticket)
for name in b c; do
    at "$name"
    run init --name "Person $name"
    run community join "$ticket"
    pair a "$name"
done

# edit NODE SED: the node changes the page as it has it.
edit() {
    at "$1"
    sed "$2" "$folder/page.md" >"$folder/edited.md"
    run page edit "$page" -F "$folder/edited.md"
}
edit a 's/One\./One, by A./; s/the middle/by A the middle/'
edit b 's/Two is/By B two is/; s/the middle/the middle by B/'
edit c 's/Three\./Three, by C./; s/is the/is by C the/'

keep a b c state-a state-b state-c

# history: each version here, who wrote it, and how much it put in and took out.
history() {
    run --json page history "$page"
    printf '%s\n' "$output" | grep -o '{"version":"[^}]*' |
        sed 's/"author":"[^"]*",//; s/"written":"[^"]*",//' | sort
}

# What everybody knows of the own edit, before anybody meets.
written=$(for name in a b c; do at "$name" && history; done | sort -u)
for who in "Ana Ruiz" "Person b" "Person c"; do
    case $written in *"\"$who\""*) ;; *) fail "history does not name $who: $written" ;; esac
done

# meet PAIR...: the nodes as they were after the edits meet in this order.
first=
meet() {
    restore a b c state-a state-b state-c
    for two in "$@"; do
        pair "${two%?}" "${two#?}"
    done
    for name in a b c; do
        at "$name"
        run --json page show "$page"
        body=$(field body)
        for word in "One, by A." "by A " "middle by B" "By B" "Three, by C." "by C "; do
            case $body in *"$word"*) ;; *) fail "$*: node $name lost '$word': $body" ;; esac
        done
        run --json digest
        now="$body $(field entries) $(field state)"
        [ -n "$first" ] || first=$now
        same "$now" "$first" "$*: the page at $name"
        same "$(history)" "$written" "$*: who wrote what, at $name"
        run check
    done
}

for order in "ab bc ca" "ab ca bc" "bc ab ca" "bc ca ab" "ca ab bc" "ca bc ab" "ab ab ca bc" \
    "bc ab bc ca ab"; do
    # shellcheck disable=SC2086 # a list of words
    meet $order
    # The other one of each pair calls.
    # shellcheck disable=SC2046,SC2086
    [ -z "${COPSE_LONG:-}" ] || meet $(printf '%s\n' $order | rev)
done
