#: run: -s
#: run: --no-print-directory
#: run: --silent --trace=x
#: status: 2
#: run: X=s
ifneq ($(findstring s,$(firstword -$(MAKEFLAGS))),)
$(info silent)
else
$(info loud)
endif
all: ; @:
