override = 1
private = 2
unexport = 3
define = 4
undefine = 5
include = 6
ifdef = 7
endif = 8
vpath = 9
load = 10
all: ; @echo $(override) $(private) $(unexport) $(define) $(undefine) $(include) $(ifdef) $(endif) $(vpath) $(load)
