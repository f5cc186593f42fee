#: status: 2
X := $(wordlist a,2,a b)
all: ;
