#: run: a
#: do: touch dir
#: run: a
#: file: in
a: in | dir ; @touch a; echo a
dir: ; mkdir dir
