.DEFAULT: ; @echo 'default for $@'
all: a b ; @echo all
b: ; @echo b
