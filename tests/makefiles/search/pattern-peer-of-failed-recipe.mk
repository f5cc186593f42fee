#: args: -k
#: status: 2
all: a.x b.z
%.x %.y:
	true
	touch $@

	false
	true
%.z %.w: ; false
