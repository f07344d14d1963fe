# fish completion for spectrum-session.

complete -c spectrum-session -f
complete -c spectrum-session -l config -x -a '(__fish_complete_directories)' -d 'Directory of the configuration'
complete -c spectrum-session -l backend -x -a 'auto drm wayland x11 headless' -d 'Where to draw'
complete -c spectrum-session -l output -x -a '1280x720 1920x1080 2560x1440 3840x2160@2' -d 'Size and scale of an output'
complete -c spectrum-session -l ready-fd -x -d 'File descriptor that is told of readiness'
complete -c spectrum-session -l check-config -d 'Check the configuration and exit'
complete -c spectrum-session -l log-level -x -a 'debug info warning error' -d 'How much is logged'
complete -c spectrum-session -l version -d 'Print the version'
complete -c spectrum-session -s h -l help -d 'Print a summary'
