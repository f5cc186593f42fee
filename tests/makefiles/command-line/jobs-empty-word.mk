#: args: -s all
all: ; @for option in -j --jobs; do $(MAKE) $$option '' 2>err; echo $$?; sed '/^Usage/q' err; done; rm err
