#: file: in a\nb\n
#: file: two a\n\n
#: file: none x\c
all: ; @echo '[$(subst $(NL),/,$(file <in))] [$(subst $(NL),/,$(file < two))] [$(file <none)] [$(file <nope)]'
define NL


endef
