X := $(subst b,#,abc)
Y = a\#b
Z := $(info a#b)z
H := \#
all: ; @echo '$(X) $(Y) $(Z) $(H)'
