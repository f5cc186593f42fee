#: status: 2
.x: ; @echo never
