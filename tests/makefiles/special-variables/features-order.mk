all: ; @printf '%s\n' $(.FEATURES)
