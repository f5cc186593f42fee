f = <$(1)>
all: ; @echo '$(call f ,a) $(call  f,b) $(call f,  c)'
