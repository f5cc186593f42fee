#: needs: ar
#: file: a.o
lib.a(a.o): a.o ; @echo '[$@] [$%] [$*] [$(%D)] [$(%F)] [$<]'
