define C
echo a
echo b
endef
X := $(shell $(C))
all: ; @echo '$(X)'
