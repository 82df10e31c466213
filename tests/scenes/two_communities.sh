#!/bin/sh
# Which community is meant, and joining by an invitation without a connection.
. "$(dirname "$0")/lib.sh"
begin
run --json page new "In the first" -m "text"
page=$(field id)
run --json community create "Lab technicians"
second=$(field id)
refuse 2 which_community ask "Where?"
run ask "Here" -C "Lab technicians"
run ask "Here too" --community "$(printf '%s' "$second" | cut -c1-6)"
run --json feed -C "Lab technicians"
same "$(field title)" "Here too" "the newest"
run --json page show "$page"
same "$(field title)" "In the first" "a page is found in any community"
run --json me show
person=$(field person)
refuse 2 which_community show "$person"
run --json show "$person" -C "$second"
same "$(field name)" "Ana Ruiz" "a person of several communities, in one"
run --json feed -C "Lab tech"
same "$(field title)" "Here too" "a community by the beginning of its name"
refuse 3 no_community feed -C "tech"
run reply "$page" "Written under the page"
run --json thread "$page"
same "$(field body)" "Written under the page" "what stands under a page"

run --json invite -C "Lab technicians" --greeting "Welcome!"
ticket=$(field ticket)
COPSE_HOME="$folder/b"
run init --name "Bo"
run join "$ticket"
case $output in *"Welcome!"*) ;; *) fail "no greeting" ;; esac
run --json community list
same "$(field name)$(field here)" "Lab techniciansfalse" "a community that waits"
run --json ask "Written before I met anybody"
post=$(field id)
run --json thread "$post"
same "$(field title)" "Written before I met anybody" "own words"
run check
