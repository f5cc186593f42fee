X = \\\\\\\\
all: ; @printf '%s\n' '$(X)'
