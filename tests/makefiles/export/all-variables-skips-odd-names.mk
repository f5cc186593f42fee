.EXPORT_ALL_VARIABLES:
a-b = 1
a.b = 2
ab = 3
all:
	-@printenv a-b
	-@printenv a.b
	@printenv ab
