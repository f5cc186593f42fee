#: args: --no-builtin-rules
all: ; @echo '[$(SUFFIXES)] [$(CC)] [$(.SUFFIXES)]'
