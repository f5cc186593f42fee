#: status: signal 15
all: ; @trap 'echo child got TERM; exit 1' TERM; kill -TERM $$PPID; i=0; while test $$i -lt 100; do sleep 0.05; i=$$((i+1)); done; echo never
