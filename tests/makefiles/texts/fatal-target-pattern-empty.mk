#: status: 2
a: $(NOPE): b
all: ;
