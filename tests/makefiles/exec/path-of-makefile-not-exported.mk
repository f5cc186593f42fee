PATH = /nowhere
all: ; @echo still; :
