#: needs: awk
all: ; @awk 'BEGIN { printf "X := "; for (i = 0; i < 200000; i++) printf "word "; print ""; print "all: ; @echo $$(words $$(X))" }' >big.mk; $(MAKE) --no-print-directory -f big.mk; rm big.mk
