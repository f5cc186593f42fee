#: run: EXTRA=1 prog
#: run: install
prog: ; echo $(EXTRA) >prog
install: prog ; @echo installing
