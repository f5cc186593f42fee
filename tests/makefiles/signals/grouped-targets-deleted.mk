#: status: signal 15
a b &: ; @touch a b; kill -TERM $$PPID; sleep 5
