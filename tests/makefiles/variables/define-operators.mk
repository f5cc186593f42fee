B = 1
define R =
$(B)
endef
define S :=
$(B)
endef
define P ::=
$(B)
endef
define I :::=
$(B) $$x
endef
define C ?=
no$(B)
endef
define C ?=
not this
endef
define A +=
x
endef
define A +=
y $(B)
endef
define N !=
echo n; echo m
endef
B = 2
all: ; @echo $(R) $(S) $(P) '$(value I)' $(C) '$(subst $(NL),/,$(A))' '$(N)' $(foreach v,R S P I C A N,$(flavor $v))
define NL


endef
