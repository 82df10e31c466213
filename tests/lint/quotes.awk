# Quotes of the specification. First file: SPEC.md; then, from standard input, what code.awk prints
# with want=comments. A comment  SPEC 3.4: "words"  must be found, word for word, in paragraph 3.4.
# What MUST hold and is quoted nowhere is counted on standard error; with -v list=1 it is named.
function squeeze(text) {
    gsub(/[ \t\r]+/, " ", text)
    sub(/^ /, "", text)
    sub(/ $/, "", text)
    return text
}

function check_comments(    quote, number, end) {
    comments = squeeze(comments)
    while (match(comments, /SPEC [0-9]+\.[0-9]+: "/)) {
        number = substr(comments, RSTART + 5, RLENGTH - 8)
        comments = substr(comments, RSTART + RLENGTH)
        end = index(comments, "\"")
        quote = squeeze(end == 0 ? comments : substr(comments, 1, end - 1))
        comments = end == 0 ? "" : substr(comments, end + 1)
        quoted[number] = quoted[number] "\n" quote
        if (!(number in paragraph)) {
            print file ": [quote] there is no SPEC " number
        } else if (index(squeeze(paragraph[number]), quote) == 0) {
            print file ": [quote] SPEC " number " does not say: " quote
        }
    }
    comments = ""
}

function is_quoted(number, sentence,    quotes, count, i) {
    count = split(quoted[number], quotes, "\n")
    for (i = 2; i <= count; i++) {
        if (index(sentence, quotes[i]) > 0 || index(quotes[i], sentence) > 0) {
            return 1
        }
    }
    return 0
}

function count_musts(    number, sentences, count, i, musts, missing) {
    for (number in paragraph) {
        count = split(squeeze(paragraph[number]), sentences, /[.;] /)
        for (i = 1; i <= count; i++) {
            if (sentences[i] ~ /(^|[^A-Z])MUST([^A-Z]|$)/ && number != "0.0") {
                musts++
                if (!is_quoted(number, sentences[i])) {
                    missing++
                    if (list) {
                        print "notice: SPEC " number ": " sentences[i] > "/dev/stderr"
                    }
                }
            }
        }
    }
    print "notice: " missing + 0 " of " musts + 0 " MUSTs of SPEC are quoted nowhere" \
        > "/dev/stderr"
}

BEGIN { current = "0.0" }
FILENAME ~ /SPEC\.md$/ {
    if (match($0, /^\*\*[0-9]+\.[0-9]+\*\*/)) {
        current = substr($0, 3, RLENGTH - 4)
        $0 = substr($0, RLENGTH + 1)
    } else if (/^#/) {
        current = "0.0"
    }
    paragraph[current] = paragraph[current] " " $0
    next
}
{
    split($0, part, ":")
    text = substr($0, length(part[1]) + length(part[2]) + 3)
    if (part[1] != file) {
        check_comments()
        file = part[1]
    }
    sub(/^[ \t]*\*/, " ", text)
    comments = comments " " text
}
END {
    check_comments()
    count_musts()
}
