#: args: --warn-undefined-variables
all: ; @echo [$(A)] $(B:a=b) $(call C,x) $(value D) $(if $(E),) $(origin F) $(foreach x,1,$(x)$(G))
