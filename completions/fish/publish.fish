# framepipe: completion of publish(1), made by completions/generate.py; do not edit
complete -c publish -f
complete -c publish -s h -l help -d 'show this help and exit'
complete -c publish -l version -d 'show the version and exit'
complete -c publish -s v -l verbose -d 'say more about what happens'
complete -c publish -l quiet -d 'say only what ends the command'
complete -c publish -l stream -x -d 'take frames without a stream name as this stream'
complete -c publish -l latest -d 'process only the newest picture that can be read'
complete -c publish -l max-frame -x -d 'largest payload taken (default: 256MiB)'
complete -c publish -l token-file -r -F -d 'send the token in this file (or in $FRAMEPIPE_TOKEN)'
complete -c publish -l wait -d 'end only when the server has taken the last frame'
