#: file: a.1
#: file: b.1
%.2: %.1 ; cp $< $@
%.3: %.2 ; cp $< $@
all: a.3 b.3
.DEFAULT_GOAL = all
