#: status: 2
%\%.x: ; @echo '$@ $*'
all: a%.x ;
.DEFAULT_GOAL = all
