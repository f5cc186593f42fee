strip = variable strip
all: ; @echo '[$(strip)] [$(strip	 a )] [$(strip,a)]'
