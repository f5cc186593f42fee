.WAIT: ; @echo never
all: .WAIT ; @echo all
.DEFAULT_GOAL = all
