#: status: 2
ifdef CC
else
else
endif
all: ;
