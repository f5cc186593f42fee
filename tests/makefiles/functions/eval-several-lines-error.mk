#: status: 2
define D
A = 1
foo bar
endef
$(eval $(D))
all: ;
