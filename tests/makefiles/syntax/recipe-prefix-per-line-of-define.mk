define R
@echo one
-@false
echo three
endef
all: ; $(R)
	@echo four
