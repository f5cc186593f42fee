define D
define INNER
a
b
endef
endef
$(eval $(D))
all: ; @echo '$(words $(INNER))'
