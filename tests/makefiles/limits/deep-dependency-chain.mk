#: needs: awk
all: ; @awk 'BEGIN { for (i = 1; i < 3000; i++) print "t" i ": t" (i + 1) " ; @:"; print "t3000: ; @echo deepest" }' >big.mk; $(MAKE) --no-print-directory -rRf big.mk t1; rm big.mk
