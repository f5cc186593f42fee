#: args: -r
#: file: a.src
#: file: d/a.src
#: file: h.h
all: a.q d/a.q out/a.x a.z d/a.z a.w
%.q: ./%.src ./h.h .//h.h
	@echo $@: $^
out/%.x: ././%.src | ./h.h
	@echo $@: $^ order-only $|
.SECONDEXPANSION:
%.z: ./$$*.src ./%.src $$(addprefix ./,h.h)
	@echo $@: $^
%.w: ./$$(wildcard ./*.src) $$(wildcard ./*.h)
	@echo $@: $^
