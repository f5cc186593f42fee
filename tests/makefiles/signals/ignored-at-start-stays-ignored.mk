all: ; @trap '' HUP; $(MAKE) --no-print-directory sub
sub: ; @kill -HUP $$PPID; kill -HUP $$$$; echo survived
