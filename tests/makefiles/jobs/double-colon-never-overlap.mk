#: args: -j4
all:: ; @sleep 0.2; echo one
all:: ; @sleep 0.1; echo two
all:: ; @echo three
