#: file: b
#: file: a
a: b m ; @echo '[$?]'
m: ; @echo m
