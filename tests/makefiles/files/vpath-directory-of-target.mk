#: file: src/sub/x.in
VPATH = src
sub/x.out: sub/x.in ; @echo '$@ $<'
