define M
echo a
@echo b
endef
all: ; $(M)
