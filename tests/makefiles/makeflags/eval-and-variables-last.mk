#: args: X=1 --eval=Z=3 -k -Iinc Y=2
$(info [$(MAKEFLAGS)])
all: ; @echo '[$(MAKEFLAGS)]'
