#: needs: cc
#: do: cc -shared -fPIC -o hi.so hi.c
#: run:
#: status: 2
#: file: hi.c int plugin_is_GPL_compatible;
all: ; @echo '[$(.LOADED)]'
load ./hi.so
hi.so: hi.c ; @cc -shared -fPIC -o $@ $<
