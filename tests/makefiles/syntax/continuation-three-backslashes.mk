X = a\\\
b
all: ; @printf '%s\n' '$(X)'
