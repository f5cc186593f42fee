#: needs: cc
#: do: cc -shared -fPIC -o hi.so hi.c
#: run:
#: do: sed -i s/first/second/ hi.c; touch hi.c; touch -d @1577836900 hi.so
#: run:
#: run:
#: file: hi.c int plugin_is_GPL_compatible;
#:|#include <stdio.h>
#:|int hi_gmk_setup(const void *floc) { (void)floc; printf("first\n"); fflush(stdout); return 1; }
all: ; @echo all
load ./hi.so
hi.so: hi.c ; @echo compile; cc -shared -fPIC -o $@ $<
