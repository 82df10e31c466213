# What scenes share that strike the program at its calls to the disk, after lib_nodes.sh.
# shellcheck shell=sh disable=SC2154,SC2034
# tests/support/strike.c says what can be done.
strike_library="$(dirname "$copse")/tests/copse_strike.so"
mark="$folder/mark"
[ -e "$strike_library" ] || fail "$strike_library is not built"

# The sanitizers make everything slower, and bring a heap of their own.
slower=1
! grep -q __asan_init "$copse" || slower=4

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

# whole: the store is well, and holds at least what $folder/ids lists.
whole() {
    run check
    ids >"$folder/ids-now"
    same "$(comm -23 "$folder/ids" "$folder/ids-now")" "" "lost"
    [ ! -s "$folder/ids-now" ] || no_forks "the struck node"
}
