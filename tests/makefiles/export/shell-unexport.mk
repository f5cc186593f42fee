#: env: A=1
unexport A
$(info [$(shell echo $${A-unset})])
all:
