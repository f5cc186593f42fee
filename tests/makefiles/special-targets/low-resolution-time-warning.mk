#: file: b
#: mtime: b 100
#: file: a
#: mtime: a 100.5
.LOW_RESOLUTION_TIME: a
a: b ; @echo a
