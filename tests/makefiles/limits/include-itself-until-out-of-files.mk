#: file: loop.mk include loop.mk
all: ; @ulimit -n 64; $(MAKE) --no-print-directory -f loop.mk 2>err; echo status $$?; sort -u err | sed 's/make\[1\]/make/'; rm err
