#: args: foo bar/baz
%: ; @echo 'catch $@'
