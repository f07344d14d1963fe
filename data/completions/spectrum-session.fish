# fish completion for spectrum-session.

complete -c spectrum-session -f
complete -c spectrum-session -n __fish_is_first_arg -a doctor -d 'Check what this machine needs'
complete -c spectrum-session -n '__fish_seen_subcommand_from doctor' -l for -x -a 'start login windows vms' -d 'Look at this alone'
complete -c spectrum-session -n '__fish_seen_subcommand_from doctor' -l json -d 'Print for a program'
complete -c spectrum-session -l config -x -a '(__fish_complete_directories)' -d 'Directory of the configuration'
complete -c spectrum-session -n 'not __fish_seen_subcommand_from doctor' -l backend -x -a 'auto drm wayland x11 headless' -d 'Where to draw'
complete -c spectrum-session -n 'not __fish_seen_subcommand_from doctor' -l output -x -a '1280x720 1920x1080 2560x1440 3840x2160@2' -d 'Size and scale of an output'
complete -c spectrum-session -n 'not __fish_seen_subcommand_from doctor' -l ready-fd -x -d 'File descriptor that is told of readiness'
complete -c spectrum-session -n 'not __fish_seen_subcommand_from doctor' -l check-config -d 'Check the configuration and exit'
complete -c spectrum-session -n 'not __fish_seen_subcommand_from doctor' -l log-level -x -a 'debug info warning error' -d 'How much is logged'
complete -c spectrum-session -n 'not __fish_seen_subcommand_from doctor' -l version -d 'Print the version'
complete -c spectrum-session -s h -l help -d 'Print a summary'
