#: run: F=patsubst
#: status: 2
#: run: F=if
#: status: 2
#: run: F=foreach
#: status: 2
#: run: F=filter
#: status: 2
#: run: F=word
#: status: 2
#: run: F=join
#: status: 2
#: run: F=let
#: status: 2
#: run: F=intcmp
#: status: 2
#: run: F=addprefix
#: status: 2
$(eval X := $$($(F) a))
all: ; @echo '[$(X)]'
