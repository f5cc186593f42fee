#: run: 'A:=$(B)' --warn-undefined-variables
#: run: --warn-undefined-variables 'A:=$(B)'
#: run: --warn-undefined-variables -R
all: ; @echo '$(A)'
