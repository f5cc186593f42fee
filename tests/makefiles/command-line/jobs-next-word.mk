#: run: -j 3.
#: run: --jobs 1x
#: run: -j -- 2
all 1x 2 3.: ; @echo $@ '[$(filter -j,$(MAKEFLAGS))]'
