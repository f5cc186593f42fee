#: file: x.mk %.a: %.b ; @echo $@\nx.b: ; @echo $@
all: ; @$(MAKE) -rRf x.mk --debug=i --no-print-directory x.a | grep -v -e ^Copyright -e ^License -e ^This -e ^There -e ^Built -e '^GNU Make'
