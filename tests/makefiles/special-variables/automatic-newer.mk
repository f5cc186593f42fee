#: run: a
#: do: touch c
#: run: a
#: do: touch -d @1500000000 a
#: run: a
#: file: b
#: file: c
a: b c | o ; @echo '[$?]'; touch -d @1600000000 a b c
o: ; @echo o
