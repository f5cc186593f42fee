ifdef NOPE
foo bar
$(error never)
ifeq junk
endif
endif
all: ; @echo ok
