#: run: -q a
#: status: 1
#: run: -q b
#: status: 1
a:
	+touch $@
	+exit 1
b c &:
	+touch b c
	+exit 1
.DELETE_ON_ERROR:
