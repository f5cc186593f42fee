#: run: -t once
#: run: -t twice
#: run: -t none
#: run: -t only
# Where lines left out follow one that was run GNU make touches twice.
once: ; echo
	+@echo run
twice: ; +@echo run
	echo
none: ; +@:
	echo
only: ; +@echo run
