#: args: foo Makefile
%:: ; @echo 'catch $@'
