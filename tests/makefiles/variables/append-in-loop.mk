X :=
$(foreach i,1 2 3,$(eval X += $$i $i))
all: ; @echo '$(X)'
