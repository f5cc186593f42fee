#: needs: cc
#: do: cc -shared -fPIC -o hi.so hi.c
#: run:
#: status: 2
#: file: hi.c int plugin_is_GPL_compatible;
#:|int hi_gmk_setup(const void *floc) { (void)floc; return 0; }
all: ; @echo '[$(.LOADED)]'
load ./hi.so
hi.so: hi.c ; @cc -shared -fPIC -o $@ $<
