#: args: -W nowhere -n a
#: file: a x
a: nowhere ; @echo $@ newer: $?
