B = 1
X = $(B)
Y := $(B)
Z ::= $(B)
B = 2
all: ; @echo $(X) $(Y) $(Z) $(foreach v,X Y Z Q,$(flavor $v))
