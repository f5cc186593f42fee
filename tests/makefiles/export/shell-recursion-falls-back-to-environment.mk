#: env: A=original
export A = $(shell echo "<$$A>")
all: ; @echo '$(A)' "$$A"
