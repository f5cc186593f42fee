#: args: - '' all
all: ; @echo hi
