define: ; @echo target
undefine: ; @echo never
