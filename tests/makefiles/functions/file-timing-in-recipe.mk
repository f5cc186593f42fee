all:
	@cat out 2>/dev/null || echo none
	@echo '$(file >out,x)done'; cat out
