define R
x=2
echo $$x
endef
.ONESHELL:
all: ; @$(R)
