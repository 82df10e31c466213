# Each folder's README.md names each of its files. Reads paths from standard input (-v root=DIR).
# A name stands in backticks: `bytes.c`, `bytes.{h,c}` for both, `*.txt` for all of a kind, and at
# the top also `protocol/` for a folder or `.ci/run` for a file in one.
function load(folder,    readme, line, token, count, names, i) {
    if (folder in loaded) {
        return
    }
    readme = root "/" (folder == "." ? "" : folder "/") "README.md"
    loaded[folder] = 0
    while ((getline line < readme) > 0) {
        loaded[folder] = 1
        while (match(line, /`[^`]+`/)) {
            token = substr(line, RSTART + 1, RLENGTH - 2)
            line = substr(line, RSTART + RLENGTH)
            count = split(token, names, " ")
            for (i = 1; i <= count; i++) {
                add_name(folder, names[i])
            }
        }
    }
    close(readme)
}

function add_name(folder, name,    before, middle, after, parts, count, i) {
    if (match(name, /\{[^}]*\}/)) {
        before = substr(name, 1, RSTART - 1)
        middle = substr(name, RSTART + 1, RLENGTH - 2)
        after = substr(name, RSTART + RLENGTH)
        count = split(middle, parts, ",")
        for (i = 1; i <= count; i++) {
            add_name(folder, before parts[i] after)
        }
        return
    }
    sub(/\/$/, "", name)
    if (name ~ /\*/) {
        gsub(/\./, "[.]", name)
        gsub(/\*/, "[^/]*", name)
        patterns[folder] = patterns[folder] " " name
    } else {
        named[folder, name] = 1
    }
}

function is_named(folder, name,    words, count, i) {
    if ((folder, name) in named) {
        return 1
    }
    count = split(patterns[folder], words, " ")
    for (i = 1; i <= count; i++) {
        if (name ~ ("^" words[i] "$")) {
            return 1
        }
    }
    return 0
}

function check(folder, name) {
    load(folder)
    if (!loaded[folder]) {
        if (!(folder in told)) {
            print folder ": [readme] this folder has no README.md"
            told[folder] = 1
        }
    } else if (!is_named(folder, name) && !((folder, name) in told)) {
        print folder "/README.md: [readme] does not name `" name "`"
        told[folder, name] = 1
    }
}
{
    path = $0
    top = path
    if (sub(/\/.*/, "", top)) {
        if (top !~ /^\./) {
            check(".", top)
        }
    }
    folder = "."
    name = path
    if (match(path, /.*\//)) {
        folder = substr(path, 1, RLENGTH - 1)
        name = substr(path, RLENGTH + 1)
    }
    # Dot folders are told of at the top. Unit tests mirror the sources (another rule sees to it),
    # and what a fuzz target is fed is told of in fuzz/.
    if (folder ~ /^\./ && folder != ".") {
        check(".", path)
    } else if (name != "README.md" && folder !~ /^(tests\/unit|fuzz\/corpus)(\/|$)/) {
        check(folder, name)
    }
}
