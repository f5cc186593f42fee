A = 1
undefine A
ifdef A
$(error defined)
endif
A ?= 2
all: ; @echo $(A)
