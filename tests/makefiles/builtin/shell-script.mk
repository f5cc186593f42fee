#: file: tool.sh echo tool
all: tool ; @./tool
