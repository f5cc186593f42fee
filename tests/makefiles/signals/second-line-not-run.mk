#: status: signal 15
all:
	@kill -TERM $$PPID; sleep 5
	@echo never
