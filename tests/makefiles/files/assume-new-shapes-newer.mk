#: args: -W b
#: file: b
#: file: c
#: file: a
a: b c ; @echo '[$?] [$^]'
