#: args: -B
#: file: b
#: file: c
#: file: a
a: b c | c ; @echo '[$?] [$^]'
