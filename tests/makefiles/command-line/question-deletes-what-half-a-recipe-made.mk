#: run: -q a
#: status: 1
#: run: -q several
#: status: 1
#: run: -q fails
#: status: 1
#: run: -q first
#: status: 1
#: run: -q one
#: status: 1
#: run: -q x.p
#: status: 1
#: run: -q n
#: status: 1
#: run: -qk n
#: status: 1
a:
	+touch $@
	echo never
several:
	+touch $@
	+echo also
	-echo never
fails:
	+touch $@
	+false
first:
	echo never
	+touch $@
one two &:
	+touch one two
	echo never
%.p %.q:
	+touch $*.p $*.q
	echo never
n::
	+touch $@
	echo never
n::
	+echo second
	echo never
