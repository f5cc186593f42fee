all: ; @echo '[$(.LOADED)] $(origin .LOADED)'
