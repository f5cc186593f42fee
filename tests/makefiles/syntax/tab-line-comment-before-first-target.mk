	# comment
	
all: ; @echo ok
