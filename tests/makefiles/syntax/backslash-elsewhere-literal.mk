X = a\b\\c\n
all: ; @printf '%s\n' '$(X)'
