#: env: a-b=1
#: env: a.b=2
all:
	@echo '$(a-b) $(a.b)'
	@printenv a-b a.b
