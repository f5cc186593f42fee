all: ; @$(MAKE) -p -f /dev/null 2>/dev/null | awk '/^# default/ { getline; print }' | grep -v -e '^\.' -e '^MAKE' -e ^SUFFIXES | sort
