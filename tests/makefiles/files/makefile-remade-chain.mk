#: file: a.in X = 1
include a.mk
all: ; @echo '$(X)'
%.mk: %.mid ; cp $< $@
%.mid: %.in ; cp $< $@
