#!/bin/sh
# What others wrote cannot harm a terminal, and programs get it unharmed.
. "$(dirname "$0")/lib.sh"
begin
escape=$(printf '\033')
run --json post "$(printf 'left \342\200\256thgir end')"
post=$(field id)
run show "$post"
case $output in *"$(printf '\342\200\256')"*) fail "a control is shown" ;; esac
run --json show "$post"
case $output in *'\u202e'*) ;; *) fail "it is not escaped in JSON" ;; esac
refuse 2 control_character post "$(printf 'a\033[2Jb')"
refuse 2 control_character post "$(printf 'a\302\233b')"
run feed --color always
case $output in *"$escape"*) ;; *) fail "no colour though it was asked for" ;; esac
run feed
case $output in *"$escape"*) fail "colour in a pipe" ;; esac
