A = $(B)
export A
B = late
all: ; @echo $$A
