#: file: lib/x.in
%.out: %.in ; @echo 'long stem $*'
lib/%.out: lib/%.in ; @echo 'short stem $*'
lib/x.out:
