#: status: 2
.NOTINTERMEDIATE: a
.INTERMEDIATE: a
all: a
a: ;
