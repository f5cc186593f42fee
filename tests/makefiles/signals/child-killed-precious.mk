#: status: 2
.PRECIOUS: all
all: ; @touch all; kill -KILL $$$$
