#: needs: seq
L := $(shell seq 1 20000)
all: ; @echo $(words $(L)) $(lastword $(L)); : $(L)
