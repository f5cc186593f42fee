#: args: -q -k first second
#: status: 1
# Under -q and -k a `+` line that ends with 1 does not end the make.
first:
	$(info first)+@exit 1

second:
	$(info second)@true
