#: run:
#: run: C=4 bar=5
# A target-specific ?= that finds the variable elsewhere gives its modifiers to that one.
export foo := exported
export bar := exported
all: t prog
prog: ; @echo "$$foo|$$bar|$(foo)|$(bar)|$(C)"
t: private foo ?= 3
t: unexport bar ?= 3
t: C ?= 3
t: ; @echo "$$foo|$$bar|$(foo)|$(bar)|$(C)"
