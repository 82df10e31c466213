#!/bin/sh
# The libraries and the program are the same bytes wherever they are built: builds two copies of
# the tree, in folders whose names differ in length, and compares.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
trap 'exit 1' HUP INT TERM
# A cache would hand the second build the objects of the first.
export CCACHE_DISABLE=1

build() {
    mkdir -p "$1"
    for part in CMakeLists.txt protocol storage node cli; do
        [ ! -e "$top/$part" ] || cp -R "$top/$part" "$1/"
    done
    cmake -S "$1" -B "$2" -G Ninja -DCOPSE_TESTS=OFF -DCMAKE_BUILD_TYPE=RelWithDebInfo
    cmake --build "$2" --parallel 2
}

build "$room/one" "$room/one/build"
build "$room/another/place" "$room/another/place/build"
compared=0
for archive in "$room"/one/build/*.a "$room"/one/build/copse; do
    cmp "$archive" "$room/another/place/build/$(basename "$archive")"
    if grep -q "$room" "$archive"; then
        echo "$(basename "$archive") holds the name of the folder it was built in"
        exit 1
    fi
    compared=$((compared + 1))
done
echo "$compared libraries and programs are the same from two places"
