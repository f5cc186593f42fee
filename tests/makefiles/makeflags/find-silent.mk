#: run: -s
#: run: --no-print-directory
#: run: X=s
ifneq ($(findstring s,$(firstword -$(MAKEFLAGS))),)
$(info silent)
else
$(info loud)
endif
all: ; @:
