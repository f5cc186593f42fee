#: status: 2
all:
       echo seven blanks
