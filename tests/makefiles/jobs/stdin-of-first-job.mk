#: stdin: line1\nline2
all: a b
a: ; @read x; echo "a got $$x"
b: ; @read x; echo "b got $$x"
