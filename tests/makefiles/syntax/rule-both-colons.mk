#: status: 2
a: ; @:
a:: ; @:
