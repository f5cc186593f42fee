#: file: x.mk a: b c ; @echo a\nb: ; @echo b
#: file: c
all: ; @$(MAKE) -rRf x.mk --debug=v --no-print-directory | grep -v -e ^Copyright -e ^License -e ^This -e ^There -e ^Built -e '^GNU Make'
