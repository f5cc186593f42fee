#: file: src/z
#: run: src/x.b x.b src/x.b
#: run: z src/z z
#: do: rm src/x.b
#: run: x.b src/x.b
VPATH = src
%.b: ; @touch $@
