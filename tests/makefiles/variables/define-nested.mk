define OUTER
define INNER
inner text
endef
X = 1
endef
$(eval $(OUTER))
all: ; @echo '$(INNER) $(X)'
