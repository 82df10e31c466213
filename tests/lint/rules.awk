# The rules over code: includes, libraries, banned calls. Reads includes.txt, libraries.txt and
# calls.txt (-v tables=DIR), then what code.awk prints, from standard input.
function complain(rule, text) {
    print place ": [" rule "] " text
}

# Does `path` begin with one of the words of `list`?
function begins(path, list,    words, count, i) {
    count = split(list, words, " ")
    for (i = 1; i <= count; i++) {
        if (words[i] == "." || index(path, words[i]) == 1) {
            return 1
        }
    }
    return 0
}

# The same with whole folders: protocol/base fits protocol/base/x and protocol/base alone.
function within(path, list,    words, count, i) {
    count = split(list, words, " ")
    for (i = 1; i <= count; i++) {
        if (path == words[i] || index(path, words[i] "/") == 1) {
            return 1
        }
    }
    return 0
}

# Shell patterns of one kind only: * stands for anything within the path.
function fits(path, list,    words, count, i, pattern) {
    count = split(list, words, " ")
    for (i = 1; i <= count; i++) {
        pattern = words[i]
        gsub(/\./, "[.]", pattern)
        gsub(/\*/, ".*", pattern)
        if (path ~ ("^" pattern "$")) {
            return 1
        }
    }
    return 0
}

function strip(text) {
    gsub(/^[ \t]+|[ \t]+$/, "", text)
    return text
}

function load(    line, fields, folder) {
    while ((getline line < (tables "/includes.txt")) > 0) {
        if (line !~ /^#/ && line != "") {
            folder = line
            sub(/ .*/, "", folder)
            sub(/^[^ ]+ +/, "", line)
            may_include[folder] = line
        }
    }
    while ((getline line < (tables "/libraries.txt")) > 0) {
        if (line !~ /^#/ && line != "") {
            folder = line
            sub(/ .*/, "", folder)
            sub(/^[^ ]+ +/, "", line)
            library[folder] = line
        }
    }
    while ((getline line < (tables "/calls.txt")) > 0) {
        if (line !~ /^#/ && split(line, fields, "|") == 4) {
            call_count++
            call[call_count] = strip(fields[1])
            call_where[call_count] = strip(fields[2])
            call_except[call_count] = strip(fields[3])
            call_instead[call_count] = strip(fields[4])
        }
    }
}

function check_include(    name, folder, best) {
    if (match(code, /<[^>]*>/)) {
        name = substr(code, RSTART + 1, RLENGTH - 2)
        if (name in library) {
            if (!fits(file, library[name])) {
                complain("library", "<" name "> belongs in: " library[name])
            }
        } else if (index(file, "protocol/") == 1) {
            complain("library", "protocol/ has no use for <" name ">")
        }
        return
    }
    if (!match(code, /"[^"]*"/)) {
        return
    }
    name = substr(code, RSTART + 1, RLENGTH - 2)
    best = ""
    for (folder in may_include) {
        if (within(file, folder) && length(folder) > length(best)) {
            best = folder
        }
    }
    if (name !~ /\//) {
        complain("include", "write \"" name "\" from the top of the tree")
    } else if (best == "") {
        complain("include", "no rule in includes.txt for this folder")
    } else if (!within(name, may_include[best])) {
        complain("include", best " may not include " name ", only: " may_include[best])
    }
}

function check_calls(    i, word, pattern) {
    for (i = 1; i <= call_count; i++) {
        word = call[i]
        sub(/\($/, "", word)
        if (index(code, word) == 0 || !begins(file, call_where[i])) {
            continue
        }
        if (begins(file, call_except[i]) || (word == "typedef" && code ~ /\(/)) {
            continue
        }
        if (word == call[i]) {
            pattern = "(^|[^A-Za-z0-9_])" word "([^A-Za-z0-9_]|$)"
        } else {
            pattern = "(^|[^A-Za-z0-9_.>])" word "[ \t]*\\("
        }
        if (code ~ pattern) {
            complain("banned", call[i] " -> " call_instead[i])
        }
    }
}

BEGIN { load() }
{
    split($0, part, ":")
    file = part[1]
    place = part[1] ":" part[2]
    code = substr($0, length(place) + 2)
    if (code ~ /^[ \t]*#[ \t]*include/) {
        check_include()
    } else {
        check_calls()
    }
}
