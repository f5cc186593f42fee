#: status: 2
X := $(wordlist 1,b,a b)
all: ;
