#: status: 2
.DELETE_ON_ERROR:
all: ; @touch all; exit 3
