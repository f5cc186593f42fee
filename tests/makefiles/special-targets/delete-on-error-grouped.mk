#: status: 2
.DELETE_ON_ERROR:
a b &: ; echo half | tee a >b; false
