#: args: -f sub/x.mk
#: status: 2
#: makefile: -
#: file: sub/x.mk all: ;\nfoo
