all:
	@X=1 sh -c 'echo $$X'
	@a=b
