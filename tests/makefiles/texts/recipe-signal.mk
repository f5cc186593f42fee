#: status: 2
all: ; @kill -SEGV $$$$
