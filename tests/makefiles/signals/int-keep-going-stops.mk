#: args: -k
#: status: signal 2
all: a b
a: ; @kill -INT $$PPID; sleep 0.3
b: ; @echo never
