#: status: 2
.NOTINTERMEDIATE:
.SECONDARY:
all: ;
