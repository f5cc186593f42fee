#: needs: cc x86_64
#: status: 2
all: $(if $(wildcard /usr/lib/libc.so /lib/libc.so /usr/lib/libc.a),-lnothing-like-it,-lc)
	@echo never
