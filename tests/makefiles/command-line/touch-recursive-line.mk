#: args: -t
a: ; +echo $@
b: ; echo never
