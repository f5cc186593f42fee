SHELL = /bin/echo
all: ; some command 'with quotes' $$x
