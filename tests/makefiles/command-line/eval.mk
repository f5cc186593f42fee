#: args: --eval=X=1 -E 'Y=$(X)2' --eval 'all: ; @echo $(Y)'
X ?= 5
other: ; @echo other
