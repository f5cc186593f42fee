#: run: MAKEFLAGS=k all
#: run: -i MAKEFLAGS=q MAKEFLAGS=k all
#: run: -k MAKEFLAGS=S all
#: run: X=B MAKEFLAGS='$(X)' all
#: run: -I/tmp MAKEFLAGS=-I/usr all
#: run: MAKEFLAGS=-l3 all A=1
#: run: MAKEFLAGS=w all
#: run: MAKEFLAGS=q all
#: status: 1
#: run: MAKEFLAGS=k all WITH='MAKEFLAGS=s'
#: run: MAKEFLAGS=k all WITH='MAKEFLAGS?=s'
#: run: MAKEFLAGS=k all WITH='override MAKEFLAGS=s'
#: run: MAKEFLAGS=k all WITH='override MAKEFLAGS+=-s'
#: run: MAKEFLAGS=r all
# What the command line assigns to MAKEFLAGS is a value until a makefile assigns to it or all makefiles are read.
$(info [$(MAKEFLAGS)] [$(MFLAGS)] $(origin MAKEFLAGS) [$(MAKEOVERRIDES)])
$(eval $(WITH))
$(info [$(MAKEFLAGS)] [$(MFLAGS)] $(origin MAKEFLAGS))
.PHONY: all
all: ; @echo '[$(MAKEFLAGS)] [$(MFLAGS)]'; echo "[$$MAKEFLAGS] [$$MFLAGS]"
