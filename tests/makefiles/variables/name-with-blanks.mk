#: status: 2
a b = 1
all: ; @echo '$(a b)'
