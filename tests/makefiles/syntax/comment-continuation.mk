# comment \
all: ; @echo never
all: ; @echo ok # shell comment
