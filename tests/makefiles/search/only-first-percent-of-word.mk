%.out: %-%.in %.x ; @echo '$^'
a.out:
%.in %.x: ; @echo "made $@"
