#: args: -j4
#: file: sub.mk all: a b\na: ; @until test -f b.ready; do sleep 0.02; done; echo a\nb: ; @echo b; touch b.ready
.NOTPARALLEL:
all: ; @$(MAKE) --no-print-directory -f sub.mk
