#: args: -n
define R
@echo a
-echo b
+@echo c
endef
all:
	$(R)
	@echo 'x \
	y'
