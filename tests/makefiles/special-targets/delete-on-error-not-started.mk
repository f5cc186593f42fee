#: args: -k
#: status: 2
# A line that could not be started at all leaves the target; one that a shell could not find does not.
.DELETE_ON_ERROR:
all: a b
a:
	touch $@
	nosuchcommand
b:
	touch $@
	nosuchcommand;
