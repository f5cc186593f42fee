all:
	@printf %s\\n a\ b 'c d' e\'f ''
	@printf '[%s]\n' 'a"b' \# 'x\y'
	@printf '[%s]' a'b'c
	@echo
