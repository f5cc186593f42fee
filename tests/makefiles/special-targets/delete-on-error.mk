#: status: 2
.DELETE_ON_ERROR:
a: ; echo half >$@; false
