.EXTRA_PREREQS = extra
all: a b ; @echo '$@: $^'
a: b ; @echo '$@: $^ | $< $+ $?'
b: ; @echo '$@: $^'
extra: ; @echo extra
