#: needs: cc
#: file: hi.c int plugin_is_GPL_compatible;
#:|#include <stdio.h>
#:|#include <string.h>
#:|char *gmk_alloc(unsigned int); void gmk_free(char *); char *gmk_expand(const char *); void gmk_eval(const char *, const void *);
#:|void gmk_add_function(const char *, char *(*)(const char *, unsigned int, char **), unsigned int, unsigned int, unsigned int);
#:|static char *show(const char *n, unsigned int c, char **v) {
#:|  char *r = gmk_alloc(200); int at = sprintf(r, "%s/%u", n, c);
#:|  for (unsigned int i = 0; i < c; i++) at += sprintf(r + at, "<%s>", v[i]);
#:|  return r; }
#:|static char *ex(const char *n, unsigned int c, char **v) { (void)n; (void)c; return gmk_expand(v[0]); }
#:|static char *ev(const char *n, unsigned int c, char **v) { (void)n; (void)c; gmk_eval(v[0], 0); return 0; }
#:|int hi_gmk_setup(const void *f) { (void)f;
#:|  gmk_add_function("show", show, 0, 0, 0); gmk_add_function("two", show, 2, 3, 0);
#:|  gmk_add_function("raw", show, 1, 1, 1); gmk_add_function("ex", ex, 1, 1, 1); gmk_add_function("ev", ev, 1, 1, 0);
#:|  return 1; }
all: ; @echo '$(show a,b $(X),c) $(two a,b) $(two a,b,c,d) $(raw $(X)) $(ex $(X)) $(Y)$(call show,p,q)[$(show )]'
X = x
-load hi.so
$(ev Y = from eval)
hi.so: hi.c ; @cc -shared -fPIC -o $@ $<
