.SECONDEXPANSION:
a:: $$@.1 ; @echo '$^'
a:: $$@.2 ; @echo '$^'
%.1 %.2: ;
