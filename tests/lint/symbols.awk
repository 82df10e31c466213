# What a library exports and keeps. Reads `objdump -t` of an archive. Each global name of foo.c
# begins with copse_foo_; nothing in it may change while the program runs, but what is listed here.
BEGIN {
    # What may change all the same: "file name", and why.
    may_change["key answer"] = "the verdict on the installed libsodium, found once (SPEC 3.5)"
}
/file format/ {
    object = $1
    sub(/:$/, "", object)
    unit = object
    sub(/\.c\.o.*/, "", unit)
    next
}
# value, seven flag characters, section, size, name
length($0) > 24 && $1 ~ /^[0-9a-f]+$/ {
    flags = substr($0, length($1) + 2, 7)
    section = $(NF - 2)
    name = $NF
    if (section == "*UND*" || flags ~ /[fd]$/ || flags ~ /d/) {
        next
    }
    if (flags ~ /g/ && name !~ ("^copse_" unit "(_|$)")) {
        print object ": [export] " name " should begin with copse_" unit "_"
    }
    base = unit " " name
    sub(/\.[0-9]+$/, "", base)
    changes = section ~ /^\.(t?bss|t?data)(\.|$)/ && section !~ /^\.data\.rel\.ro/
    if (section == "*COM*" || (changes && !(base in may_change))) {
        print object ": [global] " name " may change while the program runs"
    }
}
