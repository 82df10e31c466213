#!/bin/sh
# The rules of the house that no compiler knows: sh tests/lint/lint.sh [--musts] [TOP [ARCHIVE...]]
# TOP: the tree to look at (default: this one). ARCHIVE: a built library, for its symbols.
# Prints one line "place: [rule] what" per violation; fails if there is one.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
musts=0
if [ "${1-}" = --musts ]; then
    musts=1
    shift
fi
top=$(cd "${1-$here/../..}" && pwd)
[ $# -eq 0 ] || shift
archives=
for archive in "$@"; do
    case $archive in
    /*) archives="$archives $archive" ;;
    *) archives="$archives $PWD/$archive" ;;
    esac
done
cd "$top"

# Everything but what is built or belongs to git. Names with spaces are not ours.
all=$(find . \( -name .git -o -path './build' -o -path './build-*' \) -prune -o -type f -print |
    sed 's|^\./||' | sort)
code=$(printf '%s\n' "$all" | grep '\.[ch]$' || true)
scripts=$(printf '%s\n' "$all" | grep '\.\(sh\|awk\)$' || true)
lists=$(printf '%s\n' "$all" | grep '\(^\|/\)CMakeLists\.txt$' || true)

# The first words are markers of unfinished work, the others speak of a workplace, not of Copse.
# Each is written with a gap so that this file does not meet its own rule.
markers='TO''DO|FIX''ME|XX''X|HA''CK'
strays='/wo''rk/|/tmp/co''pse|shared/DES''IGN|shared/refe''rence|sub''agent'

check_words() {
    # shellcheck disable=SC2086 # $all is a list of words
    {
        grep -InEw "$markers" $all /dev/null | sed 's|^\([^:]*:[0-9]*\):.*|\1: [marker] finish it|'
        grep -InE "$strays" $all /dev/null | sed 's|^\([^:]*:[0-9]*\):.*|\1: [stray] a workplace|'
    }
}

check_archives() {
    for archive in $archives; do
        objdump -t "$archive" | awk -f "$here/symbols.awk"
    done
}

# shellcheck disable=SC2086 # $code and $scripts are lists of words
report() {
    if [ -n "$code" ]; then
        awk -f "$here/code.awk" $code | awk -v tables="$here" -f "$here/rules.awk"
        awk -f "$here/size.awk" $code $scripts
    fi
    if [ -f protocol/SPEC.md ]; then
        awk -v want=comments -f "$here/code.awk" $code /dev/null |
            awk -v list="$musts" -f "$here/quotes.awk" protocol/SPEC.md -
    fi
    printf '%s\n' "$all" | awk -v root=. -f "$here/readmes.awk"
    printf '%s\n' "$all" | awk -v root=. -v lists="$(printf '%s' "$lists" | tr '\n' ' ')" \
        -f "$here/listed.awk"
    check_words
    check_archives
}

found=$(report)
if [ -n "$found" ]; then
    printf '%s\n' "$found"
    exit 1
fi
