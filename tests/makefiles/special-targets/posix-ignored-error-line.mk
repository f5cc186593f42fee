.POSIX:
all:
	-@false; echo continued
