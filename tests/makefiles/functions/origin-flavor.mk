A = 1
B := 1
define C
endef
all: ; @echo '$(foreach v,A B C NOPE @ MAKE CC,$(origin $v)/$(flavor $v))'
