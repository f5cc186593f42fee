#: status: 2
# One argument of more than 128 KiB; what GNU make 4.4.1 itself cannot run.
L := $(shell seq 1 30000)
all: ; @: $(L);
