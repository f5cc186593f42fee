#: args: --keep-going x y
#: status: 2
x: ; false
y: missing
