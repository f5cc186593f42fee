#: status: 2
all:
        echo hi
