X = a\\
all: ; @printf '%s\n' '$(X)'
