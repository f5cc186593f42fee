#: needs: cc
#: file: sub/my-obj.c int plugin_is_GPL_compatible;
#:|#include <stdio.h>
#:|int my_obj_gmk_setup(const void *floc) { (void)floc; printf("setup\n"); fflush(stdout); return 1; }
#: status: 2
all: ; @echo '[$(.LOADED)]'
-load sub/my-obj.so
sub/my-obj.so: sub/my-obj.c ; @cc -shared -fPIC -o $@ $<
