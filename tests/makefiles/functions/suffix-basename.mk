all: ; @echo '$(suffix src/a.c b c.d/e .x f.) | $(basename src/a.c b c.d/e .x f. a.b.c d/.h)'
