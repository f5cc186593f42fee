define X # comment
v
endef # comment
all: ; @echo '$(X)' '$(X )'
