#: file: a
#: mtime: a 100
#: file: b
#: mtime: b 100.5
#: run: a
#: run: c
#: file: c
#: mtime: c 100
.LOW_RESOLUTION_TIME: a
a: b ; @echo a
c: b ; @echo c
