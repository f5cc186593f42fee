#: status: 2
X := $(wordlist 0,2,a b)
all: ;
