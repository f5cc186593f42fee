#: file: a.1
%.2: %.1 ; cp $< $@
%.3: %.2 ; cp $< $@
%.4: %.2 ; cp $< $@
all: a.3 a.4
.DEFAULT_GOAL = all
