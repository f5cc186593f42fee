#: status: 2
X := $(file >)
all: ;
