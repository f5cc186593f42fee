#: needs: ps
all: ; @test '$(shell echo $$PPID)' = "$$(ps -o ppid= -p $$$$ | tr -d ' ')" && echo same
