%: V += one
%.o: V += two
a%: V += three
a.o: V += four
a.o: ; @echo '$(V)'
