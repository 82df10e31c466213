#!/bin/sh
# What others wrote cannot harm a terminal, and programs get it unharmed.
. "$(dirname "$0")/lib.sh"
begin
escape=$(printf '\033')
run --json post "$(printf 'left \342\200\256thgir end')"
post=$(field id)
run show "$post"
case $output in *"$(printf '\342\200\256')"*) fail "a control is shown" ;; esac
run --json show "$post"
case $output in *'\u202e'*) ;; *) fail "it is not escaped in JSON" ;; esac
refuse 2 control_character post "$(printf 'a\033[2Jb')"
refuse 2 control_character post "$(printf 'a\302\233b')"
run feed --color always
case $output in *"$escape"*) ;; *) fail "no colour though it was asked for" ;; esac
run feed
case $output in *"$escape"*) fail "colour in a pipe" ;; esac
# Faint words begin and end once.
case $("$copse" show "$post" --color always) in
"${escape}[2m"????????????"${escape}[0m"*) ;;
*) fail "colour is begun or ended twice" ;;
esac

# A long line does not flood a list.
run post "$(head -c 20000 /dev/zero | tr '\0' 'w')"
run feed -n 1
[ "$(printf '%s' "$output" | wc -c)" -lt 200 ] || fail "a long line is not cut"

# A reader that goes away is not complained about; a disk that is full is.
i=0
while [ "$i" -lt 60 ]; do
    run post "A post that makes the list of the posts here longer than a pipe holds: number $i"
    i=$((i + 1))
done
yes n | head -n 3000 >"$folder/long.txt"
run page new Long -F "$folder/long.txt"
page=$(printf '%s\n' "$output")
{ "$copse" page show "$page" 2>"$folder/talk" || true; } | head -n 1 >/dev/null
{ "$copse" log -n 100 2>>"$folder/talk" || true; } | true
[ ! -s "$folder/talk" ] || fail "it complains of a reader that has gone: $(cat "$folder/talk")"
"$copse" feed >/dev/full 2>"$folder/talk" && fail "a result that cannot be written is no error"
grep -q 'cannot be written' "$folder/talk" || fail "it does not say that it cannot be written"

# Names of files are words of others too, and need not be UTF-8.
mkdir "$folder/notes"
printf 'x\n' >"$folder/notes/a$(printf '\033]0;x\007').md"
refuse 1 bad_path import markdown "$folder/notes"
case $(cat "$folder/talk") in *"$escape"*) fail "a file name reaches the terminal" ;; esac
run --json backup "$folder/$(printf '\377')"
case $output in *"$(printf '\357\277\275')"'"}}') ;; *) fail "the path: $output" ;; esac

# With a narrow terminal no line of help is longer than it.
script -qec "stty cols 40; '$copse' help sync" /dev/null </dev/null >"$folder/said" 2>&1
sed "s/$escape\\[[0-9]*m//g" "$folder/said" | tr -d '\r' | grep -v '^  copse' >"$folder/lines"
grep -q 'meet another node once' "$folder/lines" || fail "no help: $(cat "$folder/said")"
! grep -q '.\{41\}' "$folder/lines" || fail "too long: $(grep '.\{41\}' "$folder/lines")"

# What is typed to interrupt goes to the editor alone, and a draft is never written over.
cat >"$folder/editor" <<'EDITOR'
trap : INT
kill -INT 0
printf 'Kept?\n' >"$1"
EDITOR
EDITOR="sh $folder/editor"
export EDITOR
script -qec "exec '$copse' ask" /dev/null </dev/null >"$folder/said" 2>&1 ||
    fail "the editor was left alone: $(cat "$folder/said")"
run search kept
case $output in *'Kept?'*) ;; *) fail "what the editor wrote is not there" ;; esac
[ -z "$(ls "$XDG_STATE_HOME/copse/drafts")" ] || fail "a draft is left though it is saved"
printf 'exit 1' >>"$folder/editor"
for _ in 1 2; do
    script -qec "exec '$copse' ask" /dev/null </dev/null >"$folder/said" &&
        fail "an editor that failed"
done
same "$(find "$XDG_STATE_HOME/copse/drafts" -type f | wc -l)" 2 "drafts kept"
