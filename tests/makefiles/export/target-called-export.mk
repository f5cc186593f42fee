export: ; @echo target export
unexport: ; @echo target unexport
