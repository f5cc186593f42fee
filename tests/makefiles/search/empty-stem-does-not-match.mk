#: file: .in
#: status: 2
a%b: ; @echo 'matched $@'
ab:
