#: file: x.mk A = 1\0\nB = 2
include x.mk
all: ; @echo '$(A)' '$(B)'
