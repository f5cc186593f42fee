#: file: a
#: file: b
#: file: one.mk $(info one)
#: file: two.mk $(info two)
define N


endef
$(info [$(wildcard a$Nb)] [$(wildcard a $N b)] [$(wildcard $Na)])
include one.mk $N two.mk
-include one.mk$Ntwo.mk
all: a $N b ; @echo '$^'
