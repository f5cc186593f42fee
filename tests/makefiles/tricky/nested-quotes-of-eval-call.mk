define gen
$(1)_OBJS := $$(patsubst %.c,%.o,$$($(1)_SRCS))
$(1): $$($(1)_OBJS) ; @echo '$$@: $$^'
endef
p_SRCS = a.c b.c
$(eval $(call gen,p))
%.o: ; @:
all: p ; @:
.DEFAULT_GOAL = all
