$(info [$(.DEFAULT_GOAL)])
.PHONY: x
%.o: ; @echo pattern
.hidden: ; @echo hidden
./y: ; @echo '$@ $(.DEFAULT_GOAL)'
z: ; @echo z
