#: args: FROM_CMD=1
#: env: FROM_ENV=1
FROM_FILE = 1
export EXPORTED = 1
all: ; @env | sed 's/=.*//' | grep -v -x -e _ -e PWD -e OLDPWD -e SHLVL | sort
