#: status: signal 15
.PHONY: all
all: ; @touch all; kill -TERM $$PPID; sleep 5; echo never
