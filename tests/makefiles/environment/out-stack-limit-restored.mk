#: file: in.mk limit: ; @ulimit -Ss
# The limit make raises for itself must not reach its children.
all: ; @(ulimit -Ss 4096; $(MAKE) --no-print-directory -f in.mk)
