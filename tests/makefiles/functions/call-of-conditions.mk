# The texts that call hands on are trimmed like arguments that were written.
$(info [$(call or,   =)] [$(call or,  )] [$(call or, ,  b )] [$(call and, a ,  b )] [$(call and,  , b)])
$(info [$(call if, ,x,y)] [$(call if,  $(), x, y )] [$(call if, z , x , y )])
all: ; @:
