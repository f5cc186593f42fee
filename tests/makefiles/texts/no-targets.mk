#: status: 2
X = 1
