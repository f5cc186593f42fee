#: run: -k a
#: status: 2
#: run: -i a
#: run: b
a: ; @exit 3
b: ; -@exit 3
