all:
	@x=1; cd /
	@echo "[$$x]"; basename "$$(pwd)"
