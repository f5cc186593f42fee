#: args: -B
#: file: a.in x
#: file: a x
a: a.in ; echo make $@ because of $?
