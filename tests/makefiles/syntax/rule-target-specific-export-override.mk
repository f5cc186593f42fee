a: override export V = 1
a: ; @echo $$V
