#: file: q.in
%.out: .EXTRA_PREREQS = gen
%.out: %.in ; @echo '$@: $^'
gen: ; @echo gen
all: q.out
.DEFAULT_GOAL = all
