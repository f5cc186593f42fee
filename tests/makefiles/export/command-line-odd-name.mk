#: args: B-A=1 BA=2
all:
	-@printenv B-A
	@printenv BA
	@echo '$(B-A)'
