#: file: a/b/x.in
a/%.out: a/%.in ; @echo '$* $<'
a/b/x.out:
