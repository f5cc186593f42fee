#: run: --silent
#: run: --quiet
#: run: -s --no-silent
#: run: --no-silent -s
all: ; echo '$(MAKEFLAGS)'
