#: file: in
#: run: final
#: do: sleep 0.05; touch in
#: run: final
final: stamp ; @echo final; touch final
stamp: in ; @echo stamp only when needed; test -f stamp || touch stamp
