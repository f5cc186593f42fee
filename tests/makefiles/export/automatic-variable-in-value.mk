export A = for $@
all: x ; @echo $$A
x: ; @echo $$A
