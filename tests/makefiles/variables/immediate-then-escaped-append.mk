B = 1
X :::= $(B)
X += $(B)
B = 2
all: ; @echo '$(X)' '$(value X)' $(flavor X)
