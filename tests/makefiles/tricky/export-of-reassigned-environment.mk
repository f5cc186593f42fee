#: env: V=env
V = $(W)
W = file
all: ; @echo $$V
