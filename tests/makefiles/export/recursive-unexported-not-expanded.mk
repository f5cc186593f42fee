A = $(error expanded)
all: ; @echo ok
