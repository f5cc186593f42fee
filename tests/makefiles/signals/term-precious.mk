#: status: signal 15
.PRECIOUS: all
all: ; @touch all; kill -TERM $$PPID; sleep 5; echo never
