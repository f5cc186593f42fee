#: args: -j4 -k -l 0.00001 --trace
#: status: 2
# With -k what was put off is started after a failure; --trace told why before, the line is shown when it runs.
all: a b c
a: ; sleep .3; false
b c: ; echo $@
