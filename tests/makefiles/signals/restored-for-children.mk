# Signals 1 to 28: those above may be the caller's.
all: ; @sed -n 's/^\(Sig[BI][lg][kn]\):.*\(.......\)$$/\1 \2/p' /proc/self/status
