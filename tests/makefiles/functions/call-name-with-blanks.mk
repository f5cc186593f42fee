#: status: 2
my fun = <$(1)>
f = $(1)
all: ; @echo '$(call f ,a) $(call  f,b)'
