#!/bin/sh
# Moderation among three nodes that meet in any order: what is hidden is a gap that says so, a
# reader looks at it all the same, a closed conversation takes no more words of members, a tag stays
# away, what waits is let in; and the ledger of all three says the same.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_nodes.sh"

says() {
    case $output in *"$1"*) ;; *) fail "$2 does not say '$1'" ;; esac
}
silent() {
    case $output in *"$1"*) fail "$2 says '$1'" ;; esac
}

at a
begin
run --json community invite
ticket=$(field ticket)
for name in b:Ben c:Cat; do
    at "${name%:*}"
    run init --name "${name#*:}"
    run community join "$ticket"
    pair a "${name%:*}"
done
pair a b
at a
run people role grant Ben moderator
pair a b
pair a c
at c
run --json post -m "Buy my horse." --tag urgent
advert=$(field id)
run --json post -m "Which bench?"
talk=$(field id)
run --json reply "$talk" "The oak one."
reply=$(field id)
pair a c
pair b c
pair a b

# Not everybody may; who wrote it may hide it; a reason is needed.
at c
run --json post -m "Mine."
mine=$(field id)
run moderate hide "$mine" --reason "I was tired."
run moderate unhide "$mine" --reason "I am not."
pair b c
at b
run --json post -m "By Ben."
bens=$(field id)
refuse 9 needs_input moderate hide "$bens"
pair b c
refuse 4 refused moderate hide "$bens" --reason "No."
says "Ana Ruiz" "the refusal"
refuse 4 refused moderate lock "$bens" --reason "No."
refuse 4 refused moderate bar "$bens" x --reason "No."
refuse 4 refused moderate erase "$bens" --reason "No."
refuse 3 not_found moderate hide 01234567 --reason "No."
refuse 2 usage moderate hide nonsense --reason "No."

# Ben hides, bars and closes; Ana hears of it by way of Cat.
at b
run moderate hide "$advert" --reason "An advert."
run --json moderate hide "$advert" --reason "Again."
says '"changed":false' "hiding twice"
run moderate bar "$talk" urgent --reason "It is not."
run moderate lock "$talk" --reason "All is said."
at c
run --json reply "$talk" "One more, before I have heard."
late=$(field id)
run tag "$talk" urgent
pair b c
run --json reply "$talk" "And one after."
pair a c
pair a b

for name in a b c; do
    at "$name"
    run --json show "$advert"
    says '"reason":"An advert."' "the gap at $name"
    [ "$name" = c ] || silent "Buy my horse" "the gap at $name"
    run show "$advert"
    says "hidden by Ben: An advert." "the gap at $name"
    [ "$name" = c ] || says "--override" "the gap at $name"
    run --json thread "$talk"
    says "The oak one." "the conversation at $name"
    run --json show "$late"
    says '"visible":false' "what came after the lock, at $name"
    run --json show "$talk"
    silent '"tags":["urgent"]' "the tags at $name"
done
at c
run --json unplaced list
says "One more, before" "the list of unplaced words"

# The reader overrules it for this node, and the view of others stays.
before=$(digest_of a)
at a
run --json show "$advert" --override
says "Buy my horse" "what was overruled"
run --json show "$advert"
says "Buy my horse" "what was overruled, later"
same "$(digest_of a)" "$before" "the digest after overruling"
run --json show "$advert" --override --undo
silent "Buy my horse" "what is not overruled any more"

# Who is below cannot take it back.
run moderate hide "$reply" --reason "Off the point."
pair a b
refuse 4 refused moderate unhide "$reply" --reason "No."
says "coordinator" "the refusal"
at a
run moderate unhide "$reply" --reason "It is on the point."
run moderate unlock "$talk" --reason "There is news."
run moderate unbar "$talk" urgent --reason "Now it is."
pair a c
pair a b
at c
run --json show "$late"
says '"visible":true' "what has its place again"
run --json show "$talk"
says '"tags":["urgent"]' "the tag that may stand again"

# What waits for approval.
at a
run community charter amend --approve new
pair a b
pair a c
run --json post -m "May I?"
waiting=$(field id)
refuse 4 refused moderate approve "$waiting"
pair a c
pair a b
at a
run --json show "$waiting"
says '"visible":false' "what waits"
at b
run --json moderate queue
same "$(field id)" "$waiting" "the queue"
run --json moderate approve "$waiting"
same "$(field approved)" 1 "what was approved"
pair b c
pair a c
at a
run --json show "$waiting"
says '"visible":true' "what was approved, elsewhere"
run --json moderate queue
same "$(field id)" "" "the queue when nothing waits"

# The ledger is the same on all three, and says what holds and who took what back.
at a
run --json moderate ledger
ledger=$output
for name in b c; do
    at "$name"
    run --json moderate ledger
    same "$output" "$ledger" "the ledger of $name"
    equal a "$name"
done
for what in hidden unhidden locked unlocked barred unbarred approved; do
    says "\"what\":\"$what\"" "the ledger"
done
run moderate ledger
says "Ben closed" "the ledger"
says "(taken back by Ana Ruiz)" "the ledger"
says "All is said." "the ledger"
