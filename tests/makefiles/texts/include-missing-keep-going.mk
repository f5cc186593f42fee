#: args: -k
#: status: 2
include a.mk b.mk
all: ; @echo all
