#: status: 2
LIST = lo mo
o = p
A := [$(LIST:o=$(X a)*
$(info $A)
A := [$(LIST$(X a)*
$(info $A)
A := [$(LIST:o=a$(o) b)*
$(info $A)
A := [${LIST:${o=b}*
$(info $A)
A := [${LIST:$(o=b}*
$(info $A)
all: ;
