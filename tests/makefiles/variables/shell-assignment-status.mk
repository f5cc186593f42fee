X != exit 3
Z := $(.SHELLSTATUS)
all: ; @echo '$(Z) [$(X)]'
