#: file: d/m.c
#: file: d/m.l
#: run: -rk d/m all
#: status: 2
#: do: touch d/m.c; touch -d +1hour d/m.l
#: run: -rk d/m all FAIL=:
%.c: %.l ; @echo > $@; $(FAIL)
%.o: %.c ; @touch $@
%: %.c ; @touch $@
all: d/m.o
FAIL = false
