#: file: libs/libfoo.a
#: file: libs/other-bar
.LIBPATTERNS = lib%.so lib%.a other-%
vpath % libs
all: -lfoo -lbar ; @echo '$^ $<'
