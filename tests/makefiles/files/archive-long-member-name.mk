#: needs: ar
#: file: a_very_long_member_name.o a
#: run:
#: run:
all: lib.a(a_very_long_member_name.o) ; @echo all
(%): % ; @echo 'add $%'; ar -rcU $@ $<
