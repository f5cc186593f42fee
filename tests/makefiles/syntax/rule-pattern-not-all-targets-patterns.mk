#: status: 2
%.x y: ; @:
