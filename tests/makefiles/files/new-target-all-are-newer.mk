#: file: b
a: b m ; @echo '[$?]'
m: ;
