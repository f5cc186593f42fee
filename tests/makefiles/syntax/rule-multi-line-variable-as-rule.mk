#: needs: dash
#: status: 2
define R
a: ; @echo a
b: ; @echo b
endef
$(R)
