#: status: 2
all: ;
endif
