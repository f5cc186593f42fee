$(info [$(patsubst %a,,x xa y)] [$(patsubst %a,,xa xa y)] [$(patsubst %a,,y xa xa)] [$(patsubst %a,,xa xa)])
$(info [$(patsubst %a,%,x a y)] [$(patsubst %a,\%,x a y)] [$(patsubst %a,%,a a)])
A = y a  a x
$(info [$(A:a=)] [$(A:%a=)] [$(A:%a=%)])
all: ; @:
