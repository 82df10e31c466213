#!/bin/sh
# Erased words are gone: after the erasure, a meeting and the compaction it asks for, no byte of a
# post or a paragraph is found in any file of any node, what was written around it later stands,
# and a node that was away, or comes in later, never gets them. One node serves all the while; it
# goes over to the compact file by itself, and compacts by itself when it is quiet.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_nodes.sh"

# call NODE: it calls the one that serves.
call() {
    at "$1"
    run --json sync "$address" --once
    case $output in *'"equal":true'*) ;; *) fail "$1 and a did not become equal" ;; esac
}

# traces WORD: files of all nodes in which it stands.
traces() {
    grep -rl -- "$1" "$folder/a" "$folder/b" "$folder/c" "$folder/d" "$folder"/state-? \
        2>/dev/null || true
}

at a
begin
run --json community invite
ticket=$(field ticket)
start_server
for name in b c d; do
    at "$name"
    run init --name "Person $name"
    run community join "$ticket"
    [ "$name" = d ] || call "$name"
done

# A post with a rare word and a page with a rare paragraph; b and c hold them and search for them.
at a
run --json ask "Zanzibarquux, was it? And some more words, so that it is no short one."
post=$(field id)
printf 'First.\n\nLast.\n' >"$folder/page.md"
run --json page new "Numbers" -F "$folder/page.md"
page=$(field id)
call b
printf 'First.\n\nThe xylomorphant paragraph.\n\nLast.\n' >"$folder/page.md"
run --json page edit "$page" -F "$folder/page.md"
edit=$(field version)
run --json reply "$post" "It was krumhornzwist."
reply=$(field id)
call b
call c
for name in a b c; do
    at "$name"
    for word in zanzibarquux xylomorphant krumhornzwist; do
        run --json search "$word"
        case $output in *'"id"'*) ;; *) fail "$name does not find $word" ;; esac
    done
done

# c goes away, and writes around the paragraph: words that were written later stay.
at c
printf 'First.\n\nBefore it, by c.\n\nThe xylomorphant paragraph.\n\nAfter it, by c.\n\nLast.\n' \
    >"$folder/page.md"
run page edit "$page" -F "$folder/page.md"

# a and b erase what each wrote, beside the serve.
at a
refuse 4 refused erase "$reply" --yes
run --json erase "$post" --yes
same "$(field words)" 1 "words of the post"
case $output in *'"traces":true'*) ;; *) fail "no traces" ;; esac
same "$(field heard)" 0 "nodes that have heard before they were met"
at b
run --json erase "$edit" --yes
run --json erase "$reply" --yes
call b
at a
run --json erase "$post" --yes
same "$(field words)" 0 "words that are erased already"
same "$(field heard)" 1 "nodes that have heard"
same "$(field nodes)" 2 "nodes that are met"

for word in anzibarquux ylomorphant rumhornzwist; do
    [ -n "$(traces "$word")" ] || fail "$word is in no file: this scene looks at nothing"
done

# Those who hear of it let go at once; the files follow.
call c
call d
call b
call c
for name in b c d; do
    at "$name"
    run compact
    run check
done
for word in anzibarquux ylomorphant rumhornzwist; do
    found=$(traces "$word" | grep -v "^$folder/a/" || true)
    [ -z "$found" ] || fail "$word is still in $found"
done

# The one that serves does it by itself, when nothing has come for a while.
tries=0
while [ -n "$(traces anzibarquux)" ]; do
    [ "$tries" -lt 100 ] || fail "serve has not compacted: $(traces anzibarquux)"
    sleep 1
    tries=$((tries + 1))
done
for word in anzibarquux ylomorphant rumhornzwist; do
    found=$(traces "$word")
    [ -z "$found" ] || fail "$word is still in $found"
done

# What was written around it stands, everywhere; what is gone is a gap.
for name in a b c d; do
    at "$name"
    run --json page show "$page"
    body=$(field body)
    for words in "First." "Before it, by c." "After it, by c." "Last."; do
        case $body in *"$words"*) ;; *) fail "$name lost '$words': $body" ;; esac
    done
    case $body in *xylo*) fail "$name shows the paragraph" ;; esac
    run --json show "$post"
    case $output in *'"erased":true'*) ;; *) fail "$name does not say that it was erased" ;; esac
    run --json search zanzibarquux
    case $output in *'"id"'*) fail "$name finds it" ;; esac
    same "$(digest_of "$name")" "$(digest_of a)" "the digest of $name"
done

# What a moderator erases is not handed on from that moment, though its bytes stay a day; taken
# back, it comes to those who were away.
at b
run --json post -m "The quibbledyspoon, and where it lives."
address_of=$(field id)
call b
at a
run --json moderate erase "$address_of" --reason "Somebody's address."
case $output in *'"hidden":true'*'"due":"20'*) ;; *) fail "a moderator's erasure" ;; esac
call d
[ -z "$(traces uibbledyspoon | grep "^$folder/d/" || true)" ] || fail "d was given the words"
[ -n "$(traces uibbledyspoon | grep "^$folder/a/" || true)" ] || fail "a has let them go already"
at a
run moderate unhide "$address_of" --reason "It is a shop."
call d # hears of it, and wants the words from then on
call d
at d
run --json show "$address_of"
case $output in *quibbledyspoon*) ;; *) fail "what was taken back does not come" ;; esac

# The serve has gone on, and so does a compaction beside it.
at b
run --json ask "Does it go on?"
later=$(field id)
call b
at a
run show "$later"
run compact
at b
run --json ask "And after that?"
later=$(field id)
call b
at a
run show "$later"
run check
run backup "$folder/copy"
for word in anzibarquux ylomorphant rumhornzwist; do
    ! grep -q "$word" "$folder/copy" || fail "$word is in the backup"
done
stop_server
