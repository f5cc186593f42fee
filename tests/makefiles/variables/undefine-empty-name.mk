#: status: 2
undefine $(NOTHING)
all: ;
