#: file: value.mk A := a\nA += b\t\\\n\tc\t\\\n
#: file: recipe.mk two:\n\t@echo two \\\n
#: file: odd.mk B = b\\\\\\\n
#: file: bare.mk C = c\\\c
#: run:
#: run: -n two
include value.mk odd.mk bare.mk
$(info [$A] [$B] [$C])
one: ; @echo one
include recipe.mk
