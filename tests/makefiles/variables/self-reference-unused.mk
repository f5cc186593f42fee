X = $(X) a
all: ; @echo fine
