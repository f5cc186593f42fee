B = 1
X = a
X += $(B)
Y := a
Y += $(B)
Z += $(B)
B = 2
all: ; @echo '$(X), $(Y), $(Z)' $(flavor X) $(flavor Y) $(flavor Z)
