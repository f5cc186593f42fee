#: args: -j3
%.z: %.x .WAIT %.y ; @echo '$^'
a.z:
a.x: ; @sleep 0.2; echo x
a.y: ; @echo y
