#: status: 2
a = $(b
all: ; @echo '$(a)'
