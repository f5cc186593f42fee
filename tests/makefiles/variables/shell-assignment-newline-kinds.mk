X != printf 'a\r\nb'
all: ; @printf '%s' '$(X)' | od -c | head -n 1
