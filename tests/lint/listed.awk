# Each .c is built: its path stands in a CMakeLists.txt, seen from that file's folder. Reads paths
# from standard input (-v root=DIR -v lists="CMakeLists.txt tests/CMakeLists.txt ..").
# And each unit test mirrors a source: tests/unit/DIR/test_NAME.c has a DIR/NAME.c or .h, or one
# whose name its own begins with (test_reader_suite.c for reader.c).
function load(list,    folder, line, words, count, i) {
    folder = list
    sub(/[^\/]*$/, "", folder)
    while ((getline line < (root "/" list)) > 0) {
        sub(/#.*/, "", line)
        count = split(line, words, /[ \t()"]+/)
        for (i = 1; i <= count; i++) {
            built[folder words[i]] = 1
            built[folder "unit/" words[i] ".c"] = 1
            built[folder "fuzz_" words[i] ".c"] = 1
        }
    }
}

function mirrors(path,    name) {
    sub(/^tests\/unit\//, "", path)
    sub(/\.c$/, "", path)
    name = path
    sub(/.*\//, "", name)
    sub(/[^\/]*$/, "", path)
    if (name !~ /^test_/) {
        return 0
    }
    sub(/^test_/, "", name)
    while (name != "") {
        if ((path name ".c") in exists || (path name ".h") in exists) {
            return 1
        }
        if (!sub(/_[^_]*$/, "", name)) {
            return 0
        }
    }
    return 0
}
BEGIN {
    count_lists = split(lists, all, " ")
    for (n = 1; n <= count_lists; n++) {
        load(all[n])
    }
}
{ exists[$0] = 1 }
END {
    for (path in exists) {
        if (path ~ /\.c$/ && !(path in built)) {
            print path ": [listed] stands in no CMakeLists.txt"
        }
        if (path ~ /^tests\/unit\/.*\.c$/ && !mirrors(path)) {
            print path ": [mirror] there is no source file that this is the test of"
        }
    }
}
