#: file: b
#: file: a
#: mtime: b 50
#: status: 2
.DELETE_ON_ERROR:
a: b ; false
