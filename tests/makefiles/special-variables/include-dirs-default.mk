all: ; @echo '$(filter-out /usr/gnu/include,$(.INCLUDE_DIRS))' $(origin .INCLUDE_DIRS) $(flavor .INCLUDE_DIRS)
