#: link: l nowhere
#: status: 2
a: l ; @echo a
