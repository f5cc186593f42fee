#: file: x.in X = 1
all: ; @echo '$(X) $(MAKE_RESTARTS)'
x.mk: x.in ; cp $< $@
include x.mk
