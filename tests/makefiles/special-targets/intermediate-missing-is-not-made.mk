#: file: in
#: file: out
.INTERMEDIATE: mid
mid: in ; cp $< $@
out: mid ; cp $< $@
