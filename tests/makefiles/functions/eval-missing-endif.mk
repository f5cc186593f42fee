#: status: 2
$(eval ifdef CC)
all: ;
