#: file: b
#: file: a
.PHONY: p
a: b p ; @echo '[$?]'
p: ;
