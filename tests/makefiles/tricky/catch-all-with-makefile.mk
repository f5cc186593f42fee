#: args: foo
%: force ; @echo 'to $@'
force: ;
Makefile: ;
