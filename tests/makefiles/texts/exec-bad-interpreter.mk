#: file: script #!/nowhere/interpreter
#: mode: script 755
#: status: 2
all: ; @./script
