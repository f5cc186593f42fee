%: T += p
all:: ; @echo 1 $(T)
all:: ; @echo 2 $(T)
all:: U += u
