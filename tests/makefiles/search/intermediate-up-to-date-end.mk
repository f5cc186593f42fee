#: run: a.3
#: run: a.3
#: do: touch a.1
#: run: a.3
#: file: a.1
%.2: %.1 ; cp $< $@
%.3: %.2 ; cp $< $@
