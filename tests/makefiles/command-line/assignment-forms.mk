#: differs: a shell assignment on the command line works
#: args: A=1 B:=2 C::=3 'D:::=4$$' E?=5 'F!=echo 6' 'G+=7'
G = 0
all: ; @echo '$(A) $(B) $(C) $(D) $(E) $(F) $(G)'; echo $(foreach v,A B C D E F G,$(flavor $v)) $(origin A)
