#: args: -Itwo -Ione -l2.5 -Otarget --debug=n --no-print-directory --warn-undefined-variables --shuffle=reverse --no-silent -j1
$(info [$(MAKEFLAGS)])
all: ; @echo '[$(MAKEFLAGS)]'
