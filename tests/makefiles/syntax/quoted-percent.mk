#: status: 2
a\%b.o: ; @echo '$@'
X := $(patsubst a\%b,c,a%b axb)
$(info $(X))
