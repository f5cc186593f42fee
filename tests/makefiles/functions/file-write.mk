$(file >out,a)
$(file >>out,b)
$(file >> out,c)
$(file >empty)
$(file >newline,)
all: ; @cat out; wc -c <empty; wc -c <newline
