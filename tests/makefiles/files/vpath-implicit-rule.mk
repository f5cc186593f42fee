#: file: src/x.in
vpath %.in src
%.out: %.in ; @echo '$@ $< $*'
x.out:
