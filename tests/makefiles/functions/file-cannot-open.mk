#: status: 2
$(file >nope/x,a)
all: ;
