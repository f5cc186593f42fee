#: file: b
#: file: a
#: file: x
a: .EXTRA_PREREQS = x
a: b ; @echo '$@ because [$?]'
