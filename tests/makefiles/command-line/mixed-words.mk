#: args: b X=1 -s a Y=2
a b: ; echo $@ $(X) $(Y)
