#: needs: cc
#: file: hi.c int hi_gmk_setup(const void *floc) { (void)floc; return 1; }
#: status: 2
all: ; @echo '[$(.LOADED)]'
-load ./hi.so
hi.so: hi.c ; @cc -shared -fPIC -o $@ $<
