B = 1
X :::= $(B) $$(B) $$$$
B = 2
all: ; @echo '$(X)' '$(value X)' $(flavor X)
