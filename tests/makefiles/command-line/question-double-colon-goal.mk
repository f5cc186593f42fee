#: run: -q a c
#: status: 1
#: run: -qk a c
#: status: 1
#: do: touch x1
#: run: -q a
#: status: 1
#: file: x1
#: file: x3
#: file: a
#: file: c
#: file: x2
a:: x1
	@echo 1
a:: x2
	@echo 2
a:: x3
	@echo 3
c: x1 ; @echo c
