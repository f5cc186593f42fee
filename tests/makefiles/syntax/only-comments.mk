#: status: 2
# nothing
