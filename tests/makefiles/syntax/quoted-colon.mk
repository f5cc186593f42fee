a\:b: c\:d ; @echo '$@ $<'
c\:d: ; @echo '$@'
