X := $(shell printf 'a\r\nb\r\n')
all: ; @printf '%s' '$(X)' | od -An -c
