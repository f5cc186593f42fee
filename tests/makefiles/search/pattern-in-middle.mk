#: file: src-x.in
out-%.o: src-%.in ; @echo '$@ $< $*'
out-x.o:
