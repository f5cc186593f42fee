all: ; @echo '$(MAKE_RESTARTS)'
$(info restarts [$(MAKE_RESTARTS)] $(origin MAKE_RESTARTS))
include a.mk
a.mk: b.mk ; @touch $@
include b.mk
b.mk: ; @touch $@
