#: args: -j2
#: env: MAKE_TMPDIR=<dir>/t
#: file: t/
all: ; +@echo '$(MAKEFLAGS)'; ls t | wc -l
