#: file: x
#: tree: x -d
# A file that no rule makes is not removed, though it is called intermediate.
all: d
d p: x ; touch $@
.INTERMEDIATE: d x
