#: args: -t nodir/x
#: status: 2
nodir/x: ; @echo never
