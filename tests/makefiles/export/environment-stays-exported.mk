#: env: V=1
V = 2
all: ; @echo $$V $(origin V)
