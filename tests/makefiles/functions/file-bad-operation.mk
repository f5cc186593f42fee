#: status: 2
X := $(file x)
all: ;
