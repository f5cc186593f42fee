a: %.x ; @echo $^
%.x: ; @echo "literal $@"
