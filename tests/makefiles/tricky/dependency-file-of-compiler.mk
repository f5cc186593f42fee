#: needs: cc
#: file: x.c #include "h.h"\nint main(void) { return H; }
#: file: h.h #define H 0
#: run: x
#: do: touch h.h
#: run: x
#: run: x
x: x.o ; cc -o $@ $<
%.o: %.c ; cc -MD -MP -c -o $@ $<
-include x.d
