#: args: -r ab
#: status: 2
#: file: .in
a%b: .in ; @echo 'matched $@'
