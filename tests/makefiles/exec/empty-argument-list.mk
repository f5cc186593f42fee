#: status: 2
all: ; @''
