#: file: x.mk a: b c ; @:\nb: ; @:\n%.c: %.d ; @echo $@
#: file: c
all: ; @$(MAKE) -rRf x.mk -d --no-print-directory 2>&1 | grep -v -e ^Copyright -e ^License -e ^This -e ^There -e ^Built -e '^GNU Make' | sed 's/0x[0-9a-f]*/0xN/; s/PID [0-9]*/PID N/'
