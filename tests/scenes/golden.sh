#!/bin/sh
# What every command prints with --json: scripts stand on it.
. "$(dirname "$0")/lib.sh"

golden init init --name "Ana Ruiz"
golden me-show me show
golden me-code me code show
code=$("$copse" me code show 2>/dev/null)
refuse 1 wrong_code me code confirm ZZZZ ZZZZ
refuse 2 usage me code confirm ZZZZ
refuse 9 needs_input me code confirm
golden me-code-2 me code confirm "$(echo "$code" | cut -d- -f2)" "$(echo "$code" | cut -d- -f5)"
refuse 3 code_confirmed me code show
golden community-list community list
golden community-create community create Physics teaching --domain "Teaching physics"
golden community-list-2 community list
golden community-show community show
golden community-invite community invite
golden invite invite --uses 3 --days 7 --role guest

golden ask ask "What is torque?"
question=$(field id)
golden answer answer "$question" "A door, and where you push it."
answer=$(field id)
golden reply reply "$answer" -m "Thank you"
golden post post --type story "A story" --tag lab
golden accept accept "$answer"
golden accept-2 accept "$answer"
golden react react "$answer" thanks
golden mark mark "$answer" thanks --undo
golden tag tag "$question" optics lab
golden tag-2 tag "$question" lab --remove
golden thread thread "$answer"
golden show show "$question"
golden feed feed -n 1

printf 'One.\n\nTwo.\n' >"$folder/page.md"
golden page-new page new Torque -F "$folder/page.md" --tag lab
page=$(field id)
first=$(field version)
run --json feed -n 1
same "$(field title)$(field what)" Torquenew "a page that was made, at the end of a list"
printf 'One.\n\nThree.\n' >"$folder/page.md"
golden page-edit page edit "$page" -F "$folder/page.md" --base "$first"
golden page-edit-2 page edit "$page" -F "$folder/page.md"
golden page-show page show "$page"
golden page-show-2 page show "$page" --version "$first"
golden page-history page history "$page"
golden page-diff page diff "$page"
golden page-list page list
golden page-list-2 page list --tag nothing
golden search search three
golden search-2 search nowhere

mkdir "$folder/notes"
printf -- '---\r\ntitle: A note\r\ntags: [x]\r\n---\r\nBody\r\n' >"$folder/notes/note.md"
golden import-markdown import markdown "$folder/notes" --dry-run
golden import-markdown-2 import markdown "$folder/notes"
golden export-markdown export markdown "$folder/out"
golden export-jsonl export jsonl "$folder/all.jsonl"
same "$(wc -l <"$folder/all.jsonl" | tr -d ' ')" 8 "lines of the export"

run --json status
same "$(masked | sed 's/"entries":[0-9]*/"entries":N/')" "$(expected status)" status
golden digest digest
golden backup backup "$folder/backup"
run --json check
same "$(field communities)" 1 "communities checked"
run --json check --rebuild
same "$(field communities)" 1 "communities checked after making the views anew"
run --json log -n 1
same "$(masked | sed 's/"seq":[0-9]*/"seq":N/; s/"arrival":[0-9]*/"arrival":N/')" \
    "$(expected log)" log
run --json limits
same "$(field name)" op_bytes limits
run --json version
same "$(field format)" 1 version
run --json help
same "$(field verb)" ask help
golden me-name me name Ana Maria Ruiz

# People: one of whom only the key is known yet.
ben=0000c00000000000000000000000000000000000000000000000000000000000
golden role-grant people role grant "$ben" moderator --until 2099-12-31 --attribute mentor
golden role-grant-2 people role grant "$ben" member
golden role-list people role list
golden people-list people list
golden people-show people show 0000c
golden people-mute people mute 0000c
golden people-mute-2 people mute 0000c --undo
golden role-history people role history 0000c
golden role-revoke people role revoke 0000c moderator --reason "The project is over."
golden role-end people role end 0000c
golden moderate-remove moderate remove 0000c --reason "Adverts."
golden moderate-readmit moderate readmit 0000c --reason "We have talked."
golden moderate-late moderate late
golden moderate-hide moderate hide "$answer" --reason "Off the point."
golden moderate-hide-2 moderate hide "$answer" --reason "Again."
golden show-hidden show "$answer"
golden moderate-unhide moderate unhide "$answer" --reason "It is on the point."
golden moderate-lock moderate lock "$question" --reason "All is said."
golden moderate-unlock moderate unlock "$question" --reason "There is news."
golden moderate-bar moderate bar "$question" urgent --reason "It is not."
golden moderate-unbar moderate unbar "$question" urgent --reason "Now it is."
golden moderate-approve moderate approve "$answer"
golden moderate-queue moderate queue
golden moderate-ledger moderate ledger -n 2
golden erase erase "$answer" --yes --reason "A mistake."
golden erase-2 erase "$answer" --yes
golden show-erased show "$answer"
golden moderate-erase moderate erase "$question" --reason "An address."
run --json compact
same "$(field let_go)" 0 "what a compaction lets go"
golden invites-list community invites list
golden invites-revoke invites revoke "$(field id)"
golden charter-amend charter amend --who "Teachers" --guests-write yes --approve new,edits
golden charter-agree charter agree
golden charter-agree-2 charter agree
golden charter-show charter show
golden charter-history charter history
golden unplaced-list unplaced list
golden unplaced-save unplaced save "$folder/unplaced.md"
golden role-end-2 people role end --code "$code"
golden successor community successor "Physics 2" --kind moderated --founder "$ben" \
    -C "Physics teaching"
golden invite-2 invite -C "Physics 2"
golden community-leave community leave --yes --code "$code" -C "Physics 2"

# Devices: one more by the line of the first, which is given up, and repaired; and a backup.
golden fork-list fork list
golden devices-add me devices add
line=$(printf '%s\n' "$output" | grep -o 'copse1_[A-Za-z0-9_-]*' | head -n 1)
golden devices-list me devices list
device=$(field id)
golden devices-name me devices name "$device" old laptop
golden fork-repair fork repair --code "$code"
golden devices-revoke me devices revoke "$device" --yes --code "$code"
export COPSE_HOME="$folder/b" XDG_STATE_HOME="$folder/state-b"
golden me-recover me recover "$line" --code "$code"
export COPSE_HOME="$folder/c" XDG_STATE_HOME="$folder/state-c"
golden restore restore "$folder/backup" --code "$code"
