#: args: --trace x CC=true
#: file: x.c
