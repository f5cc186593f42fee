#: stdin: line1\nline2
all: a b
a: ; @$(MAKE) --no-print-directory sub
b: ; @read x; echo "b got $$x"
sub: ; @read x; echo "sub got $$x"
