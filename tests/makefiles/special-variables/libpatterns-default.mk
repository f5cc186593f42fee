all: ; @echo '$(.LIBPATTERNS)' $(origin .LIBPATTERNS)
