#: needs: x86_64
all: ; @$(MAKE) -p -f /dev/null 2>/dev/null | sed -n '/^# Implicit Rules/,/^# Files/p' | grep -v -e '^#' -e '^$$'
