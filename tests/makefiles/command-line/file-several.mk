#: args: -f a.mk --file=b.mk --makefile c.mk -fd.mk
#: file: a.mk A = a
#: file: b.mk A += b
#: file: c.mk A += c
#: file: d.mk all: ; @echo $(A) $(MAKEFILE_LIST)
