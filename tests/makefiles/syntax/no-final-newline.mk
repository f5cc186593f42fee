#: makefile: -
#: file: Makefile all:\n\t@echo last\c
