all:
	$(eval V := set)
	@echo '$(V)'
other: ; @echo '[$(V)]'
.DEFAULT_GOAL = both
both: all other
