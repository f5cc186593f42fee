complete -c rmake -s C -l directory -d 'Work in DIRECTORY.' -r -f -a "(__fish_complete_directories)"
complete -c rmake -l debug -d 'Print why and how targets are remade.' -r -f -a "basic\t''
all\t''
verbose\t''
implicit\t''
jobs\t''
makefile\t''
print\t''
why\t''
none\t''"
complete -c rmake -s E -l eval -d 'Read TEXT as makefile lines first.' -r -f
complete -c rmake -s f -l file -l makefile -d 'Read FILE instead of the default makefile.' -r -F
complete -c rmake -s I -l include-dir -d 'Look for included makefiles in DIRECTORY too.' -r -f -a "(__fish_complete_directories)"
complete -c rmake -s j -l jobs -d 'Run N jobs at once, without N any number.' -r -f
complete -c rmake -l jobserver-style -d 'Hand out the jobserver as fifo or pipe.' -r -f -a "fifo\t''
pipe\t''"
complete -c rmake -s l -l load-average -l max-load -d 'Start no second job while the load is above N.' -r -f
complete -c rmake -s o -l old-file -l assume-old -d 'Take FILE as very old and leave it alone.' -r -F
complete -c rmake -s O -l output-sync -d 'Keep the output of each target or line together.' -r -f -a "target\t''
line\t''
recurse\t''
none\t''"
complete -c rmake -l shuffle -d 'Visit prerequisites in another order; a number is a seed.' -r -f -a "random\t''
reverse\t''
identity\t''
none\t''"
complete -c rmake -s W -l what-if -l new-file -l assume-new -d 'Take FILE as just changed.' -r -F
complete -c rmake -l explain -d 'Say why each target is remade, or why TARGET is and what it was seen to read.' -r -f
complete -c rmake -l hosts -d 'Run .DIST recipes on these hosts: \'NAME SLOTS, …\'.' -r -f
complete -c rmake -l hosts-file -d 'Read the host list from FILE instead of ~/.makehosts.' -r -F
complete -c rmake -l dist -d 'Use other hosts: not at all, also without .DIST, or nothing else.' -r -f -a "never\t''
auto\t''
always\t''"
complete -c rmake -l graph -d 'Print the graph of targets and end.' -r -f -a "dot\t''
json\t''"
complete -c rmake -l trace-events -d 'Write into FILE when and where each recipe ran, in Chrome\'s trace format.' -r -F
complete -c rmake -s b -s m -d 'Accepted and ignored.'
complete -c rmake -s B -l always-make -d 'Remake every target, out of date or not.'
complete -c rmake -s d -d 'Print everything that --debug can print.'
complete -c rmake -s e -l environment-overrides -d 'Let the environment beat the makefile.'
complete -c rmake -s h -l help -d 'Print this and end.'
complete -c rmake -s i -l ignore-errors -d 'Go on whatever a recipe returns.'
complete -c rmake -s k -l keep-going -d 'After a failure make what does not depend on it.'
complete -c rmake -s L -l check-symlink-times -d 'Of a symbolic link and its target the later time counts.'
complete -c rmake -s n -l just-print -l dry-run -l recon -d 'Print recipes without running them.'
complete -c rmake -s p -l print-data-base -d 'Print all rules and variables.'
complete -c rmake -s q -l question -d 'Run nothing; the exit status tells whether all is up to date.'
complete -c rmake -s r -l no-builtin-rules -d 'Do without the built-in rules.'
complete -c rmake -s R -l no-builtin-variables -d 'Do without the built-in variables and rules.'
complete -c rmake -s s -l silent -l quiet -d 'Do not print recipes.'
complete -c rmake -l no-silent -d 'Print recipes after all.'
complete -c rmake -s S -l no-keep-going -l stop -d 'End at the first failure after all.'
complete -c rmake -s t -l touch -d 'Touch targets instead of running recipes.'
complete -c rmake -l trace -d 'Print each recipe and why it is run.'
complete -c rmake -s v -l version -d 'Print the version and end.'
complete -c rmake -s w -l print-directory -d 'Print the working directory.'
complete -c rmake -l no-print-directory -d 'Do not print the working directory.'
complete -c rmake -l warn-undefined-variables -d 'Warn of references to undefined variables.'
complete -c rmake -l no-inprocess -d 'Start the program again for each sub-make, instead of going on in a copy of the process.'
complete -c rmake -l keep-staging -d 'Leave the directories of jobs on their hosts.'
complete -c rmake -l debug-dist -d 'Say what is sent to which host, as --debug=dist and -dD do.'
