#: args: -n -j2
#: file: sub.mk sub: ; echo sub
all: a
	echo all
a: ; @$(MAKE) --no-print-directory -f sub.mk
