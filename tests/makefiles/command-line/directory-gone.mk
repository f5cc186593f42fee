all: plain announced changed back broken
gone = @mkdir d; cd d; rmdir ../d; $(if $1,,env -u MAKELEVEL) $(MAKE) -rf $(CURDIR)/Makefile inner 2>&1
plain: ; $(call gone) | grep -v ^sh:
announced: ; $(call gone) -w | grep -v ^sh:
changed: ; $(call gone) -wC . | grep -v ^sh:
back: ; $(call gone) -C $(CURDIR)
broken: ; $(call gone,below) -C nowhere; :
inner: ; @echo '[$(CURDIR)]' $(info [$(CURDIR)] [$(abspath a /b)] [$(realpath .)] [$(wildcard .)])
