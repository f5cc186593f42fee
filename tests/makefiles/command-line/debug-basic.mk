#: file: x.mk a: b ; @echo a\nb: ; @echo b
all: ; @$(MAKE) -rRf x.mk --debug --no-print-directory | grep -v -e ^Copyright -e ^License -e ^This -e ^There -e ^Built -e '^GNU Make'
