all: ; @$(MAKE) -p -f /dev/null 2>/dev/null | sed -n '/^# Files/,/^# VPATH/p' | awk '/^\./ { name = $$0 } /^\t/ { print name $$0 }' | sort
