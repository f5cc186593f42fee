/* gnumake.h: what shared objects named by `load` may use of rmake. The interface is GNU make 4.4.1's;
   an object compiled for one works with the other. */
#ifndef RMAKE_GNUMAKE_H
#define RMAKE_GNUMAKE_H

#ifdef __cplusplus
extern "C" {
#endif

/* A place in a makefile. */
typedef struct {
    const char *filenm;
    unsigned long lineno;
} gmk_floc;

/* A function: its name, the number of its arguments, the arguments, ended by NULL. It returns NULL or a
   string got from gmk_alloc, which make gives back. */
typedef char *(*gmk_func_ptr)(const char *name, unsigned int argc, char **argv);

/* Flags of gmk_add_function. */
#define GMK_FUNC_DEFAULT 0x00  /* arguments are expanded before the call */
#define GMK_FUNC_NOEXPAND 0x01 /* arguments are handed over as written */

/* Memory for strings that a function returns. */
extern char *gmk_alloc(unsigned int length);
extern void gmk_free(char *text);

/* Reads text as a makefile; place is where it counts as standing, NULL for the line being read. */
extern void gmk_eval(const char *text, const gmk_floc *place);

/* Returns text expanded, to be given to gmk_free. */
extern char *gmk_expand(const char *text);

/* Adds a function that takes from min to max arguments (max 0: any number). */
extern void gmk_add_function(const char *name, gmk_func_ptr function, unsigned int min, unsigned int max,
                             unsigned int flags);

/* An object must define `int plugin_is_GPL_compatible;` and `int NAME_gmk_setup(const gmk_floc *)`, NAME being
   its file's name up to the first character that is no letter, digit or underscore. That returns 0 for
   failure, -1 if the object is not to be remade and loaded again, else 1. */

#ifdef __cplusplus
}
#endif

#endif
