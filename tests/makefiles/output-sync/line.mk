#: args: -j2 -Oline
all: a b
a:
	@echo a1
	@touch a.r; until test -f b.r; do sleep 0.02; done; sleep 0.5
	@echo a2
b:
	@until test -f a.r; do sleep 0.02; done; echo b1; echo b2; touch b.r
