#: file: d/
#: status: 2
X := $(file <d)
all: ; @echo '[$(X)]'
