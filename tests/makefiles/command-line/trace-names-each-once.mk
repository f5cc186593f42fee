#: file: all
#: file: b
#: file: a
#: args: --trace
all: a a b a b ; @echo $?
.EXTRA_PREREQS = b
