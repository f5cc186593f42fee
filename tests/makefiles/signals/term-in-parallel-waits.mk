#: args: -j2
#: status: signal 15
all: a b
a: ; @touch a; until test -f b.r; do sleep 0.02; done; kill -TERM $$PPID; sleep 5
b: ; @trap 'echo b ends; rm b.r; exit 1' TERM; touch b b.r; i=0; while test $$i -lt 100; do sleep 0.05; i=$$((i+1)); done
