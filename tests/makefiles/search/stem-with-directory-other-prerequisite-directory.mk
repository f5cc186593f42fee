#: file: lib/inc/foo.h
%.o: inc/%.h ; @echo '$@ $< $*'
lib/foo.o:
