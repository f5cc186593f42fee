#: needs: cc
#: do: cc -shared -fPIC -o hi.so hi.c
#: run:
#: file: hi.c int plugin_is_GPL_compatible;
#:|#include <stdio.h>
#:|int hi_gmk_setup(const void *floc) { (void)floc; printf("setup\n"); fflush(stdout); return 1; }
all: ; @echo '[$(.LOADED)]'
load ./hi.so
hi.so: hi.c ; @cc -shared -fPIC -o $@ $<
