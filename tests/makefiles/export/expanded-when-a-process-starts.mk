#: merged
#: run: all none empty
#: run: -n all
#: run: -k bad all
#: status: 2
# The values are looked at behind the echo of the first line that really starts something, once a target.
export A = $(info A for $@)$(warning of it)a
all: ; echo 1
	echo $$A
none: ; :
empty: ; @ $X
bad: export B = $(error boom)
bad: ; echo bad
