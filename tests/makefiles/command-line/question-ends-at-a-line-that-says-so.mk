#: args: -q first second
#: status: 1
# Under -q a `+` line that ends with 1 ends the make, unlike a line that is not run.
first:
	$(info first)+@exit 1

second:
	$(info second)@true
