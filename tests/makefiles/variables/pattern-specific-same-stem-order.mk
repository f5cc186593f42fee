a%: V = first
%b: V = second
ab: ; @echo $(V)
