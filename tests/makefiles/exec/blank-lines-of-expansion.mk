define R

echo a

@echo b

endef
all:
	$(R)
