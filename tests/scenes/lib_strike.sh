# What scenes share that strike the program at its calls to the disk, after lib.sh.
# shellcheck shell=sh disable=SC2154
# tests/support/strike.c says what can be done.
strike_library="$(dirname "$copse")/tests/copse_strike.so"
mark="$folder/mark"
[ -e "$strike_library" ] || fail "$strike_library is not built"

# Scenes that write very often take a folder in memory where there is one: dying is dying.
in_memory() {
    if [ -d /dev/shm ] && [ -w /dev/shm ]; then
        rm -rf "$folder"
        folder=$(mktemp -d /dev/shm/copse.XXXXXX)
        mark="$folder/mark"
        export HOME="$folder" COPSE_HOME="$folder/a" XDG_STATE_HOME="$folder/state"
    fi
}

# struck HOW N WORDS...: run the command, strike its n-th call; $status and $output are what came
# of it. False when it ended before its n-th call.
struck() {
    strike_how=$1
    strike_at=$2
    shift 2
    rm -f "$mark"
    status=0
    output=$(COPSE_STRIKE=$strike_how COPSE_STRIKE_AT=$strike_at COPSE_STRIKE_MARK=$mark \
        LD_PRELOAD="$strike_library" "$copse" --json "$@" 2>"$folder/talk" </dev/null) || status=$?
    [ -e "$mark" ]
} 2>/dev/null

# keep NAME... / restore NAME...: folders as they are now, and as they were then.
keep() {
    for kept in "$@"; do
        rm -rf "$folder/kept-$kept"
        [ ! -e "$folder/$kept" ] || cp -a "$folder/$kept" "$folder/kept-$kept"
    done
}
restore() {
    for kept in "$@"; do
        rm -rf "${folder:?}/$kept"
        [ ! -e "$folder/kept-$kept" ] || cp -a "$folder/kept-$kept" "$folder/$kept"
    done
}

# ids: all entries that are here, one a line, sorted.
ids() {
    output=$("$copse" --json log -n 1000000 2>"$folder/talk") ||
        [ "$(field code)" = no_community ] || fail "log: $(cat "$folder/talk")"
    printf '%s\n' "$output" | grep -o '{"id":"[0-9a-f]*"' | cut -d'"' -f4 | sort
}

# whole: the store is well, and holds at least what $folder/ids lists.
whole() {
    run check
    ids >"$folder/ids-now"
    [ -z "$(comm -23 "$folder/ids" "$folder/ids-now")" ] || fail "entries are lost"
}
