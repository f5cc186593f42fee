all: ; @$(MAKE) -p -f /dev/null 2>/dev/null | sed -n '/^# Implicit Rules/,/^# Files/p' | grep -c '^[(%RsS].*:'
