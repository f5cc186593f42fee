#: status: 2
all:
	ifdef A
	endif
