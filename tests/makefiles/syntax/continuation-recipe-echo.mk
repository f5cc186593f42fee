all:
	echo a \
	   b
