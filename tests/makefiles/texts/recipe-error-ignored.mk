all:
	-exit 3
	-@exit 4
