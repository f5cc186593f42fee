a: b
a: c ; @echo $^
a: d | e
b c d e: ;
