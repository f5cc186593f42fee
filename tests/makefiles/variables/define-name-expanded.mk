N = foo
define $(N)_x
v
endef
all: ; @echo $(foo_x)
