#: status: 2
ifeq (a,a) junk
$(info taken)
else junk
endif junk
ifdef A B
endif
all: ;
