#: file: in
#: run: out
#: run: out
.INTERMEDIATE: mid
mid: in ; cp $< $@
out: mid ; cp $< $@
