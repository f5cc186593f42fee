#: status: 2
.POSIX:
all: ; @false; echo never
