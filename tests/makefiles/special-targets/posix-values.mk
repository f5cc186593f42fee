$(info $(CC) $(.SHELLFLAGS))
.POSIX:
$(info $(CC) $(CFLAGS) $(FC) $(FFLAGS) $(SCCSGETFLAGS) $(ARFLAGS) $(.SHELLFLAGS))
all: ;
