#: status: 2
.DELETE_ON_ERROR:
lib.a(b): ; false
