rev = $(2) $(1) $(3) [$(0)] [$(4)]
all: ; @echo '$(call rev,a,b) $(call rev, a ,b,c,d,e) [$(call nope,a)]'
