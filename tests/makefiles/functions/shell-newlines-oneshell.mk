.ONESHELL:
define N


endef
define IF
if true
then echo yes; fi
endef
$(info [$(shell echo a$Necho b)] [$(shell $(IF))])
all: ;
