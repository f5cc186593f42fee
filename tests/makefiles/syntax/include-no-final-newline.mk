#: file: x.mk X = 1\c
include x.mk
all: ; @echo '$(X)'
