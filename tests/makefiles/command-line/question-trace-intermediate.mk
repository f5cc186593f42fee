#: args: -q --trace
#: status: 1
it: out v.x
v.x:
	touch $@
out: ; touch $@
.INTERMEDIATE: out
