#: file: x.so not an object
-load ./x.so
all: ; @echo '[$(.LOADED)]'
