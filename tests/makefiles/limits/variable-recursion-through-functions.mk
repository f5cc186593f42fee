#: status: 2
A = $(foreach x,1,$(B))
B = $(if 1,$(call A))
all: ; @echo '$(A)'
