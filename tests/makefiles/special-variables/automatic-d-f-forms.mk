all: a/b/c.x y ../z.q /r
	@echo '$(^D)|$(^F)|$(@D)|$(@F)|${<D}|$(*D)|$(*F)'
a/b/c.x y ../z.q /r: ;
