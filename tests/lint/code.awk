# Prints the code of C files without comments and without what strings say, as "file:line:code".
# With -v want=comments: the comments alone instead. Lines of #include are kept as they are.
FNR == 1 { inside = 0 }
{
    rest = $0
    code = ""
    comment = ""
    if (!inside && rest ~ /^[ \t]*#[ \t]*include/) {
        code = rest
        rest = ""
    }
    while (rest != "") {
        if (inside) {
            end = index(rest, "*/")
            if (end == 0) {
                comment = comment rest
                rest = ""
            } else {
                comment = comment substr(rest, 1, end - 1) " "
                rest = substr(rest, end + 2)
                inside = 0
            }
        } else if (!match(rest, /\/\*|\/\/|"|'/)) {
            code = code rest
            rest = ""
        } else {
            code = code substr(rest, 1, RSTART - 1)
            token = substr(rest, RSTART, 2)
            rest = substr(rest, RSTART)
            if (token == "/*") {
                inside = 1
                rest = substr(rest, 3)
                code = code " "
            } else if (token == "//") {
                comment = comment substr(rest, 3)
                rest = ""
            } else if (match(rest, /^"([^"\\]|\\.)*"/)) {
                code = code "\"\""
                rest = substr(rest, RLENGTH + 1)
            } else if (match(rest, /^'([^'\\]|\\.)*'/)) {
                code = code "' '"
                rest = substr(rest, RLENGTH + 1)
            } else {
                code = code substr(rest, 1, 1)
                rest = substr(rest, 2)
            }
        }
    }
    print FILENAME ":" FNR ":" (want == "comments" ? comment : code)
}
