x = outer
all: ; @echo '$(foreach x,1 2,$(x) $(origin x) $(flavor x)) $(x) $(origin x) [$(foreach y,1,$y)$(origin y)]'
