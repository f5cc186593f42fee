A = 1
B := 2
undefine A
all: ; @echo '$(filter A B CC .VARIABLES @ C,$(sort $(.VARIABLES)))' '$(origin .VARIABLES) $(flavor .VARIABLES)'
C = 3
