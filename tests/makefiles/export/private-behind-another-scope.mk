export private A = a
export private G = global
export C = c
f = $(shell echo "[$$A] [$$G] [$$C]")
$(info $(f) $(call f) $(foreach G,1,$(f)) $(let A,1,$(f)) $(let q,1,[$(A)]))
%.q: private export P = p
b.q: private export Y = y
a.q b.q: ; @echo $(P)$$P $(Y)$$Y $(shell echo "[$$P$$Y]") $(let q,1,$(shell echo "[$$P$$Y]"))
all: a.q b.q
.DEFAULT_GOAL = all
