#: needs: dash
#: args: -k
#: status: 2
# A script that looks like a simple command up to a newline in single quotes is shown to there, run, and what
# is behind the newline is run once more.
.ONESHELL:
define blank
 

endef
.PHONY: all one two three four five six
all: one two three four five six

one:
	echo 'a
	echo b'

two:
	-@printf '%s\n' 'c$(blank)'

three:
	-@printf '%s\n' x=y 'd
	@echo e \
	@echo f
	: 'g'

four:
	@printf '%s\n' "'h
	i'"; printf '%s\n' 'j
	k'

five:
	@printf '%s\n' 'l\
	m'

six: SHELL = /bin/bash
six:
	@echo 'n
	o'
