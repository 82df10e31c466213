# What the scenes share. A scene is run as: sh tests/scenes/NAME.sh PROGRAM
# It works in a folder of its own, which is removed at the end.
# shellcheck shell=sh
set -eu
copse=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM
export HOME="$folder" COPSE_HOME="$folder/a" XDG_STATE_HOME="$folder/state" TZ=UTC LC_ALL=C.UTF-8
unset NO_COLOR XDG_DATA_HOME VISUAL EDITOR || true
output=

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    printf '%s\n' "$output" >&2
    exit 1
}

# run WORDS...: the command must work; $output is what it said.
run() {
    output=$("$copse" "$@" 2>"$folder/talk" </dev/null) ||
        fail "copse $* gave $?: $(cat "$folder/talk")"
}

# refuse STATUS CODE WORDS...: it must fail with this exit status and error code, plainly as well
# as in JSON, and print an object that is whole.
refuse() {
    want_status=$1
    want_code=$2
    shift 2
    status=0
    output=$("$copse" --json "$@" 2>"$folder/talk" </dev/null) || status=$?
    [ "$status" = "$want_status" ] || fail "copse $*: exit status $status, not $want_status"
    [ "$(field code)" = "$want_code" ] || fail "copse $*: not the code $want_code"
    [ -n "$(field message)" ] || fail "copse $*: no message"
    [ ! -s "$folder/talk" ] || fail "copse $*: talk beside the JSON: $(cat "$folder/talk")"
    case $output in
    '{"ok":false,"error":{"code":'*'}}') ;;
    *) fail "copse $*: no error object" ;;
    esac
    status=0
    "$copse" "$@" >"$folder/said" 2>"$folder/talk" </dev/null || status=$?
    [ "$status" = "$want_status" ] || fail "copse $*: exit status $status without --json"
    grep -q '^copse: ' "$folder/talk" || fail "copse $*: says nothing"
}

# field NAME: the first string or number of that name in $output.
field() {
    printf '%s\n' "$output" |
        awk -v name="\"$1\":" '{
            at = index($0, name)
            if (!at) exit
            rest = substr($0, at + length(name))
            if (substr(rest, 1, 1) == "\"") {
                rest = substr(rest, 2)
                gsub(/\\\\/, "\001", rest)
                gsub(/\\"/, "\002", rest)
                rest = substr(rest, 1, index(rest, "\"") - 1)
                gsub(/\001/, "\\\\", rest)
                gsub(/\002/, "\"", rest)
            } else {
                match(rest, /^[-a-z0-9]*/)
                rest = substr(rest, 1, RLENGTH)
            }
            print rest
        }'
}

# same GOT WANT WHAT
same() {
    [ "$1" = "$2" ] || fail "$3: '$1', not '$2'"
}

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

# Ids, times and other things that differ from run to run become words.
masked() {
    printf '%s\n' "$output" | sed -E 's/"[0-9a-f]{64}"/"ID"/g
        s/"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z"/"TIME"/g
        s/"(home|file)":"[^"]*"/"\1":"PATH"/g
        s/"copse1_[A-Za-z0-9_-]*"/"TICKET"/g
        s/"code":"[0-9A-Z]{4}(-[0-9A-Z]{4}){6}"/"code":"CODE"/g'
}

# What golden.txt has for a name.
expected() {
    sed -n "s/^$1 //p" "$(dirname "$0")/golden.txt"
}

# golden NAME WORDS...: with --json the command prints what golden.txt has for this name, masked.
golden() {
    name=$1
    shift
    run --json "$@"
    same "$(masked)" "$(expected "$name")" "copse --json $* ($name)"
}

# A person with a community, for most scenes.
begin() {
    run init --name "Ana Ruiz"
    run community create "Physics teaching" --domain "Teaching physics at school"
}
