a: x | x y ; @echo '[$^] [$|]'
x y: ;
