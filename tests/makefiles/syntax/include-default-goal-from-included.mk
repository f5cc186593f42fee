#: file: x.mk inc: ; @echo inc
include x.mk
all: ; @echo all
