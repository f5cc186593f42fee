#: status: 2
.DELETE_ON_ERROR:
.PRECIOUS: a
a: ; echo half >$@; false
