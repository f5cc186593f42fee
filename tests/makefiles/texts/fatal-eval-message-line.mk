#: status: 2
all: ;
X = 1
$(eval $(X) $(X))
