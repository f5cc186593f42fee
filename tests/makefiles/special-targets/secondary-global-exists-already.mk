#: file: a.x
#: file: a.y
#: file: a.z
#: file: old
#: file: new
#: file: done
#: run: a.z
#: do: touch -d @1 a.y
#: run: a.z
#: run: done
#: do: touch -d @2 old
#: run: done
# What exists is no intermediate file: it is made anew even though nothing that needs it is out of date.
a.z: a.y ; echo $@
a.y: a.x ; echo $@
done: old ; echo $@
old: new ; echo $@
.SECONDARY:
