all: ; -exit 3
