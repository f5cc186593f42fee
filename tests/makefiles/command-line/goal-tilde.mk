#: args: ~/x
#: env: HOME=<dir>
<dir>/x: ; @echo no
%/x: ; @echo '$(notdir $@)'
