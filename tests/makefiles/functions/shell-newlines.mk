define N


endef
define LOOP
for i in a b; do
  echo $$i;
done
endef
define IF
if true
then echo yes; fi
endef
$(info direct [$(shell echo a$Nb)] [$(shell echo '$N' c $N)] [$(shell echo \$N)])
$(info in the shell [$(shell echo a$Nb; echo c)] [$(shell echo 'a$Nb' | cat)] [$(shell echo "a\$Nb" | cat)])
$(info loop [$(shell $(LOOP))])
$(info if [$(shell $(IF))] $(.SHELLSTATUS))
$(info first [$(shell $Necho a)] $(.SHELLSTATUS))
x != echo $N c $N
$(info [$x])
all: ;
