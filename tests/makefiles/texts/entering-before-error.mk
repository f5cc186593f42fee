#: args: -w
#: status: 2
#: merged
$(error while reading)
