.WAIT: x
all: ; @echo all
