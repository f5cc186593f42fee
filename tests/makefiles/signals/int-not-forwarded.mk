#: status: signal 2
all: ; @trap 'echo child got INT' INT; kill -INT $$PPID; sleep 0.3; echo child went on
