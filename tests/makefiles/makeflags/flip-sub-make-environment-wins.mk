#: args: -k
#: status: 2
#: file: sub.mk MAKEFLAGS += -S\nall: a b\na: ; @false\nb: ; @echo b
all: ; $(MAKE) --no-print-directory -f sub.mk
