define B
a # b
# c
endef
all: ; @echo '$(subst $(NL),|,$(B))'
define NL


endef
