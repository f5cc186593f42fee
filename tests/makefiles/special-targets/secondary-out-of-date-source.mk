#: file: out
#: file: in
.SECONDARY: mid
mid: in ; cp $< $@
out: mid ; cp $< $@
