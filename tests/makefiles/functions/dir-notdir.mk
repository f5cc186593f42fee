all: ; @echo '$(dir src/a.c b /x / d/ ..) | $(notdir src/a.c b /x / d/ ..)'
