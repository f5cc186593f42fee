#: args: -s -- -k X=1
-k: ; echo $@ $(X)
