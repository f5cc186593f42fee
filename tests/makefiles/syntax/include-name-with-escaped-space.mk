#: file: a\x20b.mk
include a\ b.mk
all: ; @echo ok
