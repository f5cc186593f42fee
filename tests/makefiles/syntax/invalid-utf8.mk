#: makefile: -
#: file: Makefile X = \xff\xfe\nall: ; @printf '%s' '$(X)' | od -An -tx1
