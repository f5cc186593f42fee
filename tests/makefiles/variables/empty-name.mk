#: status: 2
$(NOTHING) = 1
all: ;
