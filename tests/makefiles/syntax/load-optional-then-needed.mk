#: run: all
#: status: 2
#: run: all MAKES=yes
#: status: 0
-load nope.so
load nope.so
$(info read)
ifdef MAKES
nope.so: ; @echo making $@; echo > $@
endif
all: ;
