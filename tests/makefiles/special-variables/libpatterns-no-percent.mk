#: file: libfoo.a
.LIBPATTERNS = libx.a lib%.a
all: -lfoo ; @echo $^
