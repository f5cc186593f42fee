#: needs: cc
#: file: hi.c int plugin_is_GPL_compatible;
#:|#include <stdio.h>
#:|int other(const void *floc) { (void)floc; printf("other\n"); fflush(stdout); return 1; }
all: ; @echo '[$(.LOADED)]'
-load hi.so(other)
hi.so: hi.c ; @cc -shared -fPIC -o $@ $<
