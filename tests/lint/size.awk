# Sizes: lines of 100 columns, functions of 70 lines, .c files of 800 and .h files of 200. The house
# formatting puts the braces of a function, and no others, alone at the beginning of a line.
function file_end() {
    if (last != "" && last ~ /\.c$/ && lines > 800) {
        print last ":" lines ": [file-size] a .c has at most 800 lines: split the idea"
    }
    if (last != "" && last ~ /\.h$/ && lines > 200) {
        print last ":" lines ": [file-size] a .h has at most 200 lines: split the idea"
    }
}
FNR == 1 {
    file_end()
    last = FILENAME
    opened = 0
}
{ lines = FNR }
length($0) > 100 { print FILENAME ":" FNR ": [line-size] " length($0) " columns, 100 at most" }
/[ \t]$/ { print FILENAME ":" FNR ": [line-end] a space at the end of the line" }
/\t/ { print FILENAME ":" FNR ": [tab] a tab: write spaces" }
/^\{/ { opened = FNR }
/^\}/ {
    if (opened > 0 && FNR - opened + 1 > 70) {
        print FILENAME ":" opened ": [function-size] " (FNR - opened + 1) " lines, 70 at most"
    }
    opened = 0
}
END { file_end() }
