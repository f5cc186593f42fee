N = foo
$(N)_bar = 1
$(N)_$(or baz) := 2
all: ; @echo $(foo_bar) $(foo_baz) $($(N)_bar) $($(N)_$(subst x,baz,x))
