#: args: FROM_CMD=1
#: env: FROM_ENV=1
export EXPORTED = 1
all: ; @$(MAKE) --no-print-directory sub
sub: ; @env | sed 's/=.*//' | grep -v -x -e _ -e RMAKEFLAGS -e PWD -e OLDPWD -e SHLVL | sort; echo '$(foreach v,FROM_CMD FROM_ENV EXPORTED,$(origin $v))'
