#: file: in.mk all: c
#:|a: b ; @echo a
#:|c: a ; @echo c
#: file: b
#: file: a
#: mtime: a 3000000000
all: ; @$(MAKE) --no-print-directory -f in.mk 2>&1 | sed 's/time [0-9.e+]* s in/time N s in/'
