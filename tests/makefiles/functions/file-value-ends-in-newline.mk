define T
a
b

endef
$(file >out,$(T))
all: ; @od -An -c out
