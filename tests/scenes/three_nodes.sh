#!/bin/sh
# Three nodes edit one page offline, in different places and in the same sentence; they meet in
# pairs.
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

pair a b
pair b c
pair c a
pair a b
text=
for name in a b c; do
    at "$name"
    run --json page show "$page"
    body=$(field body)
    for word in "One, by A." "by A " "middle by B" "By B" "Three, by C." "by C "; do
        case $body in *"$word"*) ;; *) fail "node $name lost '$word': $body" ;; esac
    done
    [ -z "$text" ] || same "$body" "$text" "the page at $name"
    text=$body
    run page history "$page"
    for who in "Ana Ruiz" "Person b" "Person c"; do
        case $output in *"$who"*) ;; *) fail "history at $name does not name $who" ;; esac
    done
    run check
done
