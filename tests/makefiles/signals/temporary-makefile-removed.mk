#: args: -f -
#: status: signal 15
#: makefile: -
#: stdin: all: ; @kill -TERM $$PPID; sleep 5
