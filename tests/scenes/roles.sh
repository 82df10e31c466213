#!/bin/sh
# Roles among nodes that meet in any order: two coordinators remove each other while they are apart;
# a member who was removed while offline comes back with later words, is let in again, and leaves.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_nodes.sh"

# meet ONE OTHER: the second calls the first. It may be turned away: that is for others to check.
meet() {
    at "$1"
    start_server
    at "$2"
    "$copse" sync "$address" --once >"$folder/met" 2>&1 </dev/null || true
    stop_server
}

# role_of PERSON: as this node has it.
role_of() {
    output=$("$copse" --json people show "$1" 2>"$folder/talk" </dev/null) ||
        fail "people show $1: $(cat "$folder/talk")"
    field role
}

# count WORDS: how often they occur in $output.
count() {
    printf '%s\n' "$output" | grep -o "$1" | wc -l | tr -d ' '
}

says() {
    case $output in *"$1"*) ;; *) fail "$2 does not say '$1'" ;; esac
}

# Ana founds the community with Dan, who comes in like everybody else.
for node in a:Ana b:Ben c:Cat d:Dan; do
    at "${node%%:*}"
    run init --name "${node#*:}"
done
run --json me show
dan=$(field person)
at a
run community create "Ward 3" --founder "$dan"
run --json community invite
ticket=$(field ticket)
for node in b c d; do
    at "$node"
    run community join "$ticket"
    pair a "$node"
done
for node in b c d; do
    pair a "$node"
done

# Ana appoints Ben, Dan appoints Cat, and before either hears of the other they remove each other.
at a
run people role grant Ben coordinator
pair a b
at d
run people role grant Cat coordinator
pair d c
at b
run moderate remove Cat --reason "Too loud."
at c
run moderate remove Ben --reason "Too quiet."
mkdir "$folder/before"
for node in a b c d; do
    cp -r "$folder/$node" "$folder/state-$node" "$folder/before"
done

for order in "ab ac ad bc bd cd" "cd bd bc ad ac ab" "ac bd ad bc cd ab"; do
    for node in a b c d; do
        rm -rf "${folder:?}/$node" "${folder:?}/state-$node"
        cp -r "$folder/before/$node" "$folder/before/state-$node" "$folder"
    done
    for turn in 1 2; do
        for two in $order; do
            meet "${two%?}" "${two#?}"
        done
    done
    # What is past a cut need not be stored (SPEC 7.9), so the act that did not count is where it
    # was written, and wherever it came before the other one.
    told=
    for node in a b c d; do
        at "$node"
        same "$(role_of Ben)" coordinator "Ben at $node after $order"
        same "$(role_of Cat)" null "Cat at $node after $order"
        run people role history Cat
        says "Ben removed Cat" "the history of Cat at $node"
        [ -z "$told" ] || same "$output" "$told" "the history of Cat at $node after $order"
        told=$output
    done
    at c
    run people role history Ben
    says "Cat removed Ben" "the history of Ben"
    says "it does not count" "the history of Ben"
    says "Ana is named before Dan" "the history of Ben"
done

# Eve writes on a train, while Ana removes her; Dan, who has not heard, takes her words in.
at e
run init --name Eve
run community join "$ticket"
pair a e
pair d a
at e
run --json post "Early words"
early=$(field id)
pair a e
i=0
while [ "$i" -lt 200 ]; do
    run post "Late words $i"
    i=$((i + 1))
done
at a
run moderate remove Eve --reason "Adverts, after two warnings."
refuse 9 needs_input moderate remove Ben
pair d e
for two in ab ad bd de ae be ad bd; do
    meet "${two%?}" "${two#?}"
done
for node in a b d; do
    at "$node"
    run --json feed -n 1000
    case $output in *"Late words"*) fail "$node shows what came late" ;; esac
    says "Early words" "the feed at $node"
    run thread "$early"
    says "Early words" "the thread at $node"
    same "$(role_of Eve)" null "Eve at $node"
    run check --rebuild
done
at d
run --json moderate late
says '"name":"Eve","count":200' "what came late at d"
at e
run --json unplaced list
same "$(count '"type":"talk"')" 200 "unplaced words"
late=$(field id)
refuse 4 refused post "And another thing"
refuse 4 refused unplaced repost "$late"
run unplaced save "$folder/mine.md"
same "$(grep -c '^Late words' "$folder/mine.md")" 200 "saved words"
refuse 5 exists unplaced save "$folder/mine.md"

# She may come back; her program opens a new log by itself, and what was late stays late.
at a
run moderate readmit Eve --reason "We have talked."
meet a e
pair a e
at e
run --json unplaced repost "$late"
fresh=$(field id)
run --json unplaced list
same "$(count '"type":"talk"')" 199 "after one is said again"
pair a e
at a
same "$(role_of Eve)" member "Eve at a, readmitted"
run thread "$fresh"
says "Late words 0" "what was said again"
run --json feed -n 1000
same "$(count 'Late words')" 1 "late words at a"

# She leaves for good, signed with the code that is still on her machine.
at e
run community leave --yes
refuse 4 refused post "Bye"
meet a e
at a
same "$(role_of Eve)" null "Eve at a, who has left"
run thread "$fresh"
says "Late words 0" "what somebody wrote who has left"

# An invitation for one: Ana's program closes it once it was used; who comes then is turned away.
at a
run --json invite --uses 1
once=$(field ticket)
for node in f:Finn g:Gil; do
    at "${node%%:*}"
    run init --name "${node#*:}"
    run join "$once"
    run post "Hello, I am ${node#*:}"
done
pair a f
pair d a
at a
run --json community invites list
says '"joined":1,"refused":0,"over_used":false,"uses":1' "the list of invitations"
case $output in *'"state":"used_up"'*) fail "the invitation was not closed" ;; esac
meet a g
at a
run people list --all
says Finn "the list of people"
case $output in *Gil*) fail "who came too late is in" ;; esac
grep -q 'does not take you into Ward 3: the invitation may be closed' "$folder/met" ||
    fail "Gil is not told: $(cat "$folder/met")"
