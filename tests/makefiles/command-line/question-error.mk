#: args: -q a
#: status: 2
a: missing ; touch a
