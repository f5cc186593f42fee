export A = $(shell echo "<$${A-unset}>")
all: ; @echo '$(A)'
