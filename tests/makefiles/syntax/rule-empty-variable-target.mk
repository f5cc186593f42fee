$(NOTHING): a ; @echo never
all: ; @echo all
