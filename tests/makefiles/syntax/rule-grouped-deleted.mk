#: status: 2
.DELETE_ON_ERROR:
all: b
a b c &: ; touch a b c; false
