#: merged
define LIST :=
$(warning in list) x

endef
$(warning behind)
all: ; @:
