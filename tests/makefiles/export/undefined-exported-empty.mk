export V
all: ; @echo "[$${V-unset}]" $(origin V) $(flavor V)
