define B
a \
  b
c \\
d
endef
$(info $(B))
all: ;
