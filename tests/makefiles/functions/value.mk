A = 1
B = $(A) $$x $@
C := $(A) $$x
all: ; @echo '$(value B)' '$(value C)' '[$(value NOPE)]' '$(value $(or B))'
