#: env: MAKELEVEL=1
MAKEFLAGS += -s
$(info info)
all: ; @echo all
