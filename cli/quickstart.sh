#!/bin/sh
# From a bare Debian 12 to a running node: sh cli/quickstart.sh
# Installs what is missing of the packages that building needs, builds, makes an identity and a
# small community if there is none, starts a node in the background, and says what to try next.
# Asks nothing; run it as often as you like.
#
#   COPSE_NAME     the name others are to see (default: the name of your account)
#   COPSE_HOME     where everything is kept (default: ~/.local/share/copse)
#   COPSE_LISTEN   where the node listens (default: 0.0.0.0:7071); "no": none is started
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
build="$top/build"

say() {
    printf '\n%s\n' "$*"
}

fail() {
    printf 'quickstart: %s\n' "$*" >&2
    exit 1
}

# The packages of the list that are marked "build" and are not installed.
missing_packages() {
    awk '$1 !~ /^#/ && $2 == "build" { print $1 }' "$top/tests/packages.txt" |
        while read -r package; do
            dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null | grep -q '^install ok' ||
                printf '%s ' "$package"
        done
}

install_packages() {
    command -v dpkg-query >/dev/null ||
        fail "this is no Debian; see tests/packages.txt for what is needed, then build with cmake"
    packages=$(missing_packages)
    [ -n "$packages" ] || return 0
    become=
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || fail "as root, first: apt-get install $packages"
        become="sudo -n"
    fi
    say "Installing $packages"
    # shellcheck disable=SC2086 # lists of words
    {
        DEBIAN_FRONTEND=noninteractive $become apt-get update -q >/dev/null &&
            DEBIAN_FRONTEND=noninteractive $become apt-get install -q -y \
                --no-install-recommends $packages >/dev/null
    } || fail "installing failed. As root: apt-get install $packages"
}

build_program() {
    say "Building (a minute or two)"
    log="$build/quickstart.log"
    mkdir -p "$build"
    generator=
    [ -f "$build/CMakeCache.txt" ] || generator="-G Ninja"
    # shellcheck disable=SC2086 # a list of words
    {
        cmake -S "$top" -B "$build" $generator -DCMAKE_BUILD_TYPE=Release -DCOPSE_TESTS=OFF &&
            cmake --build "$build"
    } >"$log" 2>&1 || {
        tail -n 20 "$log" >&2
        fail "the build failed; the whole of it is in $log"
    }
}

# Where the build put the program, or the one that was named.
find_program() {
    copse=${COPSE_PROGRAM-}
    for place in "$build/copse" "$build/cli/copse"; do
        [ -n "$copse" ] || [ ! -x "$place" ] || copse=$place
    done
    [ -n "$copse" ] || fail "the build made no program"
}

# The name of the account: its full name where it has one.
own_name() {
    full=$(getent passwd "$(id -un)" 2>/dev/null | cut -d: -f5 | cut -d, -f1)
    printf '%s' "${COPSE_NAME:-${full:-$(id -un)}}"
}

id_of() {
    sed -n 's/.*"id":"\([0-9a-f]*\)".*/\1/p'
}

first_community() {
    "$copse" me show >/dev/null 2>&1 || "$copse" -q init --name "$(own_name)" >/dev/null
    case $("$copse" --json community list) in
    *'"items":[]'*) ;;
    *) return 0 ;; # there is one: leave it as it is
    esac
    "$copse" community create "First steps" \
        --domain "Trying out copse: ask, answer, write down what worked" >/dev/null
    "$copse" --json page new "What this is" --tag start -F - <<'PAGE' >/dev/null
# What this is

A community of one so far: yours. Everything in it lies on this machine, and on those of whoever
you invite.

- *Ask* when you do not know. An answer that helped can be marked.
- *Pages* hold what is worth keeping. Everyone may edit them, offline too; edits are merged.
- *Search* finds words in all of it.

Change this page: `copse page edit` and the beginning of its id.
PAGE
    question=$("$copse" --json ask "How do I invite somebody?" --tag start | id_of)
    answer=$("$copse" --json answer "$question" -F - <<'ANSWER' | id_of
With `copse community invite`. Hand the line it prints to them; they type `copse community join` and
that line.
ANSWER
    )
    "$copse" accept "$answer" >/dev/null
}

# A node that goes on when this is done. One that runs is left alone.
start_node() {
    [ "${COPSE_LISTEN-}" != no ] || return 0
    case $("$copse" --json status) in
    *'"serving":{'*)
        say "The node runs already. $copse serve --stop stops it."
        return 0
        ;;
    esac
    say "Starting the node:"
    "$copse" serve --background --listen "${COPSE_LISTEN:-0.0.0.0:7071}" ||
        say "It does not run, so you meet nobody yet. Later: $copse serve --background"
}

if [ -z "${COPSE_PROGRAM-}" ]; then
    install_packages
    build_program
fi
find_program
first_community
start_node

say "Ready. The program is $copse"
"$copse" -q feed -n 5 2>/dev/null || "$copse" community list # which one, of several?
cat <<NEXT

For short:
  alias copse="'$copse'"

Try next:
  copse feed                    what there is to read
  copse thread ID               with the first digits of an id from the list above
  copse ask "What would you like to know?"
  copse page new "What worked for me"
  copse community create "Your own community" --domain "What you care about"
  copse community invite        one line to send to somebody
  copse status                  what is here, and with whom it was compared
  copse serve --stop            stops the node; copse serve --background starts it again
  copse help
NEXT
