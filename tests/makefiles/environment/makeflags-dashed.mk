#: env: MAKEFLAGS=-k --no-print-directory X=1
all: ; @echo '[$(MAKEFLAGS)] $(X) $(origin X)'
