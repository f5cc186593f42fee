.ONESHELL:
all:
	@x=1
	echo "x is $$x"
	echo $$$$ >/dev/null
