#!/bin/sh
# Builds and tests Copse: sh tests/run.sh [OPTION...]
#
#   --no-install     do not install missing packages (tests/packages.txt) through apt-get
#   --fuzz SECONDS   also run each fuzz target with libFuzzer for so long
#   --long           also run those scenes at full length that have a short form (half an hour)
#   --coverage       also measure which lines the tests reach
#   --valgrind       also run the unit tests under valgrind
#   --help           this text
#
# Run it as often as you like; what is built lies in build-test/, or in the folder that the variable
# COPSE_BUILD_TEST names. Prints one line per step, then the sum, and fails if anything failed. The
# full output of each step is in logs/ there.
set -eu
cd "$(dirname "$0")/.."
out=${COPSE_BUILD_TEST:-$PWD/build-test}
install=yes
fuzz_seconds=0
coverage=no
long=no
valgrind=no

usage() { sed -n '2,/^set -eu/s/^#\( \|$\)//p' tests/run.sh; }

while [ $# -gt 0 ]; do
    case $1 in
    --no-install) install=no ;;
    --fuzz)
        fuzz_seconds=${2-}
        case $fuzz_seconds in
        '' | *[!0-9]*)
            echo 'tests/run.sh: --fuzz wants a number of seconds' >&2
            exit 2
            ;;
        esac
        shift
        ;;
    --coverage) coverage=yes ;;
    --long) long=yes ;;
    --valgrind) valgrind=yes ;;
    --help)
        usage
        exit 0
        ;;
    *)
        echo "tests/run.sh: unknown option $1" >&2
        usage >&2
        exit 2
        ;;
    esac
    shift
done

# Packages ------------------------------------------------------------------------------------

missing_packages() {
    wanted='build|test'
    [ "$valgrind" = no ] || wanted='build|test|extra'
    awk -v wanted="^($wanted)\$" '!/^#/ && $2 ~ wanted { print $1 }' tests/packages.txt |
        while read -r package; do
            # shellcheck disable=SC2016 # dpkg-query reads the ${}, not the shell
            status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
            [ "$status" = installed ] || printf '%s ' "$package"
        done
}

install_packages() {
    if ! command -v dpkg-query >/dev/null; then
        echo 'This is not Debian: tests/packages.txt says what is needed.'
        return
    fi
    missing=$(missing_packages)
    [ -n "$missing" ] || return 0
    if [ "$install" = no ]; then
        echo "Not installed, as asked: $missing"
        return
    fi
    as_root=
    [ "$(id -u)" -eq 0 ] || as_root=sudo
    echo "Installing: $missing"
    # shellcheck disable=SC2086 # lists of words
    {
        DEBIAN_FRONTEND=noninteractive
        export DEBIAN_FRONTEND
        $as_root apt-get update -q >"$out/logs/packages" 2>&1 &&
            $as_root apt-get install -q -y --no-install-recommends $missing \
                >>"$out/logs/packages" 2>&1 </dev/null
    } || {
        cat "$out/logs/packages"
        echo "tests/run.sh: cannot install: $missing" >&2
        exit 1
    }
}

# Steps ---------------------------------------------------------------------------------------

passed=0
failed=0
skipped=0

# row NAME PASSED FAILED SKIPPED SECONDS: one line of the table, and into the sum.
row() {
    printf '%-28s %7s %7s %7s %6ss\n' "$1" "$2" "$3" "$4" "$5"
    passed=$((passed + $2))
    failed=$((failed + $3))
    skipped=$((skipped + $4))
}

# step NAME COMMAND...: one check. Its output is shown when it fails.
step() {
    name=$1
    shift
    log=$out/logs/$(printf '%s' "$name" | tr -c 'a-z0-9\n' '-')
    began=$(date +%s)
    if "$@" >"$log" 2>&1 </dev/null; then
        row "$name" 1 0 0 $(($(date +%s) - began))
        return 0
    fi
    # The errors first: some tools explain each of them at length.
    grep -m 20 -E ': (error|warning): ' "$log" || tail -n 60 "$log"
    echo "(all of it: $log)"
    row "$name" 0 1 0 $(($(date +%s) - began))
    return 1
}

configure() {
    folder=$1
    shift
    launcher=
    ! command -v ccache >/dev/null || launcher=-DCMAKE_C_COMPILER_LAUNCHER=ccache
    generator='Unix Makefiles'
    ! command -v ninja >/dev/null || generator=Ninja
    cmake -G "$generator" -S . -B "$folder" $launcher -DCOPSE_WERROR=ON "$@"
}

build() {
    configure "$@" && cmake --build "$1" --parallel "$(nproc)"
}

# From the log of ctest: "PASSED FAILED SKIPPED". A program that uses cmocka counts with each of its
# tests, any other as one, skipped when it says so; one that died counts as a failure more than it
# could tell of.
count_tests() {
    awk '
        function finish() {
            if (name == "") {
                return
            }
            if (!groups && good && left_out) {
                skipped++
            } else if (!groups) {
                good ? passed++ : failed++
            } else if (!good && !told) {
                failed++
            }
            name = ""
        }
        /^[0-9]+\/[0-9]+ Testing: / { finish(); name = $3; groups = told = good = left_out = 0 }
        /^\[==========\] Running / { groups++ }
        /^\[  PASSED  \] [0-9]+ test/ { passed += $4 }
        /^\[  FAILED  \] [0-9]+ test/ { failed += $4; told++ }
        /^\[  SKIPPED \] [0-9]+ test/ { skipped += $4 }
        /^Test Passed\./ { good = 1 }
        /^skipped: / { left_out = 1 }
        END { finish(); print passed + 0, failed + 0, skipped + 0 }
    ' "$1/Testing/Temporary/LastTest.log"
}

run_tests() {
    name=$1
    folder=$2
    began=$(date +%s)
    rm -f "$folder/Testing/Temporary/LastTest.log"
    status=0
    ctest --test-dir "$folder" -j 2 --output-on-failure --no-tests=error \
        >"$out/logs/$(basename "$folder")-tests" 2>&1 </dev/null || status=1
    [ "$status" -eq 0 ] || grep -v ' Passed ' "$out/logs/$(basename "$folder")-tests" | tail -n 200
    counts='0 1 0'
    [ ! -f "$folder/Testing/Temporary/LastTest.log" ] || counts=$(count_tests "$folder")
    # shellcheck disable=SC2086 # three numbers
    row "$name" $counts $(($(date +%s) - began))
    [ "$status" -eq 0 ] || [ "$failed" -gt 0 ] || failed=1
}

# Our files whose names match the pattern: what is built lies beside these folders, not in them.
sources() { find protocol storage node cli tests fuzz -name "$1" 2>/dev/null; }

check_format() {
    sources '*.[ch]' | xargs clang-format --dry-run -Werror
}

check_scripts() {
    sources '*.sh' | xargs shellcheck
}

# clang-tidy takes a second or two per file, so what was good stays good until it, a header or the
# list of checks changes.
check_tidy() {
    mkdir -p "$out/tidy"
    common=$(find protocol -name '*.h' | sort | xargs cat .clang-tidy | sha256sum | cut -c 1-16)
    find protocol -name '*.c' | sort | while read -r file; do
        stamp=$out/tidy/$common-$(sha256sum <"$file" | cut -c 1-32)
        [ -e "$stamp" ] || printf '%s\n%s\n' "$file" "$stamp"
    done >"$out/tidy/wanted"
    # shellcheck disable=SC2016 # $0 to $2 are of the inner shell
    xargs -r -n 2 -P 2 sh -c 'clang-tidy --quiet -p "$0" "$1" && touch "$2"' "$out/clang" \
        <"$out/tidy/wanted"
}

run_fuzz() {
    target=$1
    found=$out/fuzz-found/$target
    mkdir -p "$found"
    "$out/fuzz/fuzz/fuzz_$target" -max_total_time="$fuzz_seconds" -timeout=10 \
        -rss_limit_mb=1024 -artifact_prefix="$found/crash-" "$found" "fuzz/corpus/$target"
}

run_valgrind() {
    for program in "$out"/gcc/tests/unit_*; do
        valgrind -q --error-exitcode=9 --leak-check=full "$program" || return 1
    done
}

measure_coverage() {
    build "$out/coverage" -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=Debug -DCOPSE_COVERAGE=ON ||
        return 1
    rm -rf "$out/coverage/profiles"
    LLVM_PROFILE_FILE=$out/coverage/profiles/%p ctest --test-dir "$out/coverage" -j 2 ||
        return 1
    llvm-profdata merge -o "$out/coverage/all" "$out/coverage/profiles" || return 1
    # The first program stands alone, each further one behind -object.
    set --
    for program in "$out"/coverage/tests/unit_* "$out"/coverage/fuzz/fuzz_*; do
        set -- "$@" ${1+-object} "$program"
    done
    llvm-cov report -instr-profile="$out/coverage/all" "$@" "$PWD/protocol" \
        >"$out/coverage/report"
}

# The run -------------------------------------------------------------------------------------

mkdir -p "$out/logs"
install_packages
export UBSAN_OPTIONS=print_stacktrace=1
export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1
printf '%-28s %7s %7s %7s %7s\n' step passed failed skipped time

if step 'build gcc' build "$out/gcc" -DCMAKE_C_COMPILER=gcc; then
    run_tests 'tests gcc' "$out/gcc"
fi
if step 'build clang sanitizers' build "$out/clang" -DCMAKE_C_COMPILER=clang \
    -DCOPSE_SANITIZE=address,undefined; then
    run_tests 'tests clang sanitizers' "$out/clang"
fi
step 'lint of lint' sh tests/lint/selftest.sh || true
step 'lint' sh tests/lint/lint.sh . "$out/gcc/libcopse_protocol.a" || true
step 'format' check_format || true
step 'scripts' check_scripts || true
step 'clang-tidy' check_tidy || true
step 'reproducible' sh tests/reproducible.sh || true
if [ "$fuzz_seconds" -gt 0 ] && step 'build fuzz' build "$out/fuzz" -DCMAKE_C_COMPILER=clang \
    -DCOPSE_SANITIZE=address,undefined -DCOPSE_FUZZ=ON; then
    for program in "$out"/fuzz/fuzz/fuzz_*; do
        target=${program##*/fuzz_}
        step "fuzz $target" run_fuzz "$target" || true
    done
fi
if [ "$long" = yes ]; then
    for scene in tests/scenes/*.sh; do
        if grep -q COPSE_LONG "$scene"; then
            short=$(basename "$scene" .sh)
            step "long $short" env COPSE_LONG=1 sh "$scene" "$out/gcc/copse" || true
        fi
    done
fi
[ "$valgrind" = no ] || step 'valgrind' run_valgrind || true
if [ "$coverage" = yes ] && step 'coverage' measure_coverage; then
    cat "$out/coverage/report"
fi

echo
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
