CURDIR = x
all: ; @echo '$(CURDIR)'; basename "$$(pwd)"
