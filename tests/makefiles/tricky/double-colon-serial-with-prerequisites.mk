#: args: -j3
a:: x ; @sleep 0.2; echo one
a:: y ; @echo two
x: ; @sleep 0.1; echo x
y: x ; @echo y
