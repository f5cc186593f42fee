#: status: 2
ifdef CC
define X
a
