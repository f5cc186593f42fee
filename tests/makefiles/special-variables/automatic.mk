#: file: d/p.c
#: file: q.h
#: file: d/a
#: mtime: d/a 1
d/a: d/p.c q.h d/p.c | order
	@echo '$@ $< $^ | $+ | $? | $| | $* | $%'
	@echo '$(@D) $(@F) $(<D) $(<F) $(^D) $(^F) $(+D) $(+F) $(?D) $(?F)'
order: ; @echo order
