#!/bin/sh
# Each rule can fail: plants one violation at a time in a small tree and expects lint.sh to name it;
# and accepts the tree without one.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
trap 'exit 1' HUP INT TERM
tree=$room/tree
failed=0
passed=0

fresh() {
    rm -rf "$tree"
    mkdir -p "$tree/protocol/base" "$tree/protocol/entry" "$tree/tests/unit/protocol/base"
    printf 'add_library(p protocol/base/good.c)\n' >"$tree/CMakeLists.txt"
    printf 'copse_test(protocol/base/test_good)\n' >"$tree/tests/CMakeLists.txt"
    # shellcheck disable=SC2016 # the backticks are Markdown
    {
        printf '`CMakeLists.txt` `protocol/` `tests/`\n' >"$tree/README.md"
        printf '`SPEC.md`\n' >"$tree/protocol/README.md"
        printf '`good.{h,c}`\n' >"$tree/protocol/base/README.md"
        printf '`id.h`\n' >"$tree/protocol/entry/README.md"
        printf '`CMakeLists.txt`\n' >"$tree/tests/README.md"
    }
    printf '## 1. Words\n\n**1.1** All of this MUST be\nso.\n\n**1.2** Another one.\n' \
        >"$tree/protocol/SPEC.md"
    printf '/* An id. */\n' >"$tree/protocol/entry/id.h"
    printf '/* SPEC 1.1: "All of this\n * MUST be so." */\nint copse_good_one(void);\n' \
        >"$tree/protocol/base/good.h"
    printf '#include "protocol/base/good.h"\n\n#include <string.h>\n\n%s\n' \
        '/* free( in a comment, "malloc(" in a string */' >"$tree/protocol/base/good.c"
    printf 'int copse_good_one(void)\n{\n    return 1;\n}\n' >>"$tree/protocol/base/good.c"
    printf '/* A test. */\n' >"$tree/tests/unit/protocol/base/test_good.c"
}

# expect RULE FILE: the tree as it stands now breaks RULE in FILE. Then it is made good again.
expect() {
    if out=$(sh "$here/lint.sh" "$tree" 2>/dev/null); then
        out='(nothing was found)'
    fi
    if printf '%s\n' "$out" | grep -q "^$2.*\[$1\]"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'selftest: expected [%s] in %s, got: %s\n' "$1" "$2" "$out"
    fi
    fresh
}

# plant RULE LINE: LINE at the end of good.c breaks RULE there.
plant() {
    printf '%s\n' "$2" >>"$tree/protocol/base/good.c"
    expect "$1" protocol/base/good.c
}

repeat() { awk -v line="$1" -v count="$2" 'BEGIN { while (count-- > 0) print line }'; }

fresh
if out=$(sh "$here/lint.sh" "$tree" 2>&1) && printf '%s' "$out" | grep -q '0 of 1 MUSTs'; then
    passed=$((passed + 1))
else
    failed=$((failed + 1))
    printf 'selftest: the good tree is not accepted: %s\n' "$out"
fi

plant include '#include "protocol/entry/id.h"'
plant include '#include "good.h"'
plant include '#include "storage/db.h"'
for header in uv.h lmdb.h sqlite3.h microhttpd.h msgpack.h time.h cmocka.h unistd.h stdio.h; do
    plant library "#include <$header>"
done
sed -n 's/^\([a-z_]*(\) .*/\1/p' "$here/calls.txt" >"$room/calls"
while read -r call; do
    plant banned "    x = y + $call z);"
done <"$room/calls"
plant banned 'typedef struct x y;'
plant banned 'typedef unsigned x;'
plant banned 'static double x;'
plant line-size "/* $(repeat x 60 | tr '\n' ' ') */"
plant line-end 'int x; '
plant tab "$(printf '\tint x;')"
plant function-size "$(printf 'int x(void)\n{\n%s\n}\n' "$(repeat '    y();' 69)")"
plant file-size "$(repeat 'int x;' 800)"
plant quote '/* SPEC 1.1: "None of this." */'
plant quote '/* SPEC 1.2: "All of this MUST be so." */'
plant quote '/* SPEC 9.9: "All of this." */'
plant marker "/* TO""DO: the rest */"
plant marker "/* FIX""ME */"
plant stray "/* see /wo""rk/notes */"
repeat '' 200 >>"$tree/protocol/base/good.h"
expect file-size protocol/base/good.h
printf '/* A file. */\n' >"$tree/protocol/base/new.h"
expect readme protocol/base/README.md
rm "$tree/protocol/base/README.md"
expect readme protocol/base:
printf 'x\n' >"$tree/NOTES.md"
expect readme ./README.md
mkdir -p "$tree/storage"
printf 'x\n' >"$tree/storage/README.md"
expect readme ./README.md
printf '/* A file. */\n' >"$tree/protocol/base/new.c"
expect listed protocol/base/new.c
printf '/* A test. */\n' >"$tree/tests/unit/protocol/base/test_bad.c"
expect mirror tests/unit/protocol/base/test_bad.c

# Symbols need a compiler.
archive_of() {
    printf '%s\n' "$1" >"$room/good.c"
    gcc -c -o "$room/good.c.o" "$room/good.c"
    rm -f "$room/lib.a"
    ar rc "$room/lib.a" "$room/good.c.o"
}
expect_symbol() {
    archive_of "$2"
    if out=$(sh "$here/lint.sh" "$tree" "$room/lib.a" 2>/dev/null); then
        out='(nothing was found)'
    fi
    if printf '%s\n' "$out" | grep -q "$1"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'selftest: expected %s, got: %s\n' "$1" "$out"
    fi
}
expect_symbol 'nothing was found' \
    'static const char *const x[] = {"a"}; const char *copse_good_x(int i) { return x[i]; }'
expect_symbol '\[export\] copse_other_x' 'int copse_other_x(void) { return 1; }'
expect_symbol '\[global\] copse_good_x' 'int copse_good_x;'
expect_symbol '\[global\] count' 'int copse_good_x(void) { static int count; return ++count; }'
expect_symbol '\[global\] start' 'static int start = 5; int *copse_good_x(void) { return &start; }'

printf '%s of %s planted violations were named\n' "$passed" "$((passed + failed))"
[ "$failed" -eq 0 ]
