# framepipe: completion of frames(1), made by completions/generate.py; do not edit
complete -c frames -f
complete -c frames -l pass -d 'copy the stream to stdout as frames, and show rates on a terminal'
complete -c frames -l bare -d 'write the payloads alone'
complete -c frames -s n -l count -x -d 'end after this many frames (default: all)'
complete -c frames -s h -l help -d 'show this help and exit'
complete -c frames -l version -d 'show the version and exit'
complete -c frames -s v -l verbose -d 'say more about what happens'
complete -c frames -l quiet -d 'say only what ends the command'
complete -c frames -l stream -x -d 'the stream\'s name in the frames written'
complete -c frames -l latest -d 'process only the newest picture that can be read'
complete -c frames -l max-frame -x -d 'largest payload taken (default: 256MiB)'
