#: file: d/m.c
#: file: d/m.l
#: run: -rk d/m all
#: status: 2
#: do: touch -d @1000000000 d/m.c; touch -d @1000000100 d/m.l
#: run: -rk d/m all FAIL=:
%.c: %.l ; @echo > $@; $(FAIL)
%.o: %.c ; @touch $@
%: %.c ; @touch $@
all: d/m.o
FAIL = false
