#: file: src/conf.in X = vpath
VPATH = src
all: ; @echo '$(X)'
include conf.mk
%.mk: %.in ; @cp $< $@
