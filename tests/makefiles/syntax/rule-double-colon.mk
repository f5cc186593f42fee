a:: b ; @echo one $<
a:: c ; @echo two $<
b c: ;
