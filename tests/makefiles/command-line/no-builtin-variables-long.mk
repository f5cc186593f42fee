#: args: --no-builtin-variables
#: status: 2
#: file: a.c int
all: a.o
	@echo '[$(CC)] $(flavor AR) $(origin MAKE) $(.LIBPATTERNS)'
