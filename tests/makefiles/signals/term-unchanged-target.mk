#: file: b
#: file: all
#: mtime: b 1000
#: status: signal 15
all: b ; @kill -TERM $$PPID; sleep 5; echo never
