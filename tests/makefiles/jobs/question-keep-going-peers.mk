#: run: -qk --trace
#: status: 1
#: run: -q --trace
#: status: 1
#: run: -qk --trace GROUP=run
#: status: 1
#: file: old
all: a.x a.y c d old
%.x %.y: ; touch $@
c d old &: ; touch $@
ifdef GROUP
e f &: ; +true
	touch $@
all: e f
endif
