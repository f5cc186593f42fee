a: .EXTRA_PREREQS = x y
a: b ; @echo '$@: $^'
b x y: ; @echo $@
