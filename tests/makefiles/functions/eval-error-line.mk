#: status: 2
X = 1

$(eval foo bar)
all: ;
