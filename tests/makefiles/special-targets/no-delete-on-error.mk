#: status: 2
a: ; echo half >$@; false
