all: ; @grep SigIgn /proc/self/status; grep SigBlk /proc/self/status
