#: makefile: -
#: file: Makefile \xff: \xfe ; @echo '$@ $<' | od -An -c\n\xfe: ; @printf '%s' '$(subst \xfe,x,$@)'; echo\n
