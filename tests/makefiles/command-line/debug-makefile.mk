#: file: x.mk include y.mk\nall: ; @echo hi\ny.mk: ; touch y.mk
all: ; @$(MAKE) -rRf x.mk --debug=m --no-print-directory | grep -v -e ^Copyright -e ^License -e ^This -e ^There -e ^Built -e '^GNU Make'
