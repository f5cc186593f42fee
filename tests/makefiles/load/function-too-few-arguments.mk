#: needs: cc
#: file: hi.c int plugin_is_GPL_compatible;
#:|void gmk_add_function(const char *, char *(*)(const char *, unsigned int, char **), unsigned int, unsigned int, unsigned int);
#:|static char *f(const char *n, unsigned int c, char **v) { (void)n; (void)c; (void)v; return 0; }
#:|int hi_gmk_setup(const void *g) { (void)g; gmk_add_function("two", f, 2, 2, 0); return 1; }
#: status: 2
all: ; @echo '[$(two a)]'
-load hi.so
hi.so: hi.c ; @cc -shared -fPIC -o $@ $<
