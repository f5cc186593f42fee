#: run: --question
#: status: 1
#: run: a
#: run: --question
a: ; touch a
