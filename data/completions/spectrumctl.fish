# fish completion for spectrumctl.

# The first column of a table of the running session; nothing when there is none.
function __spectrumctl_column
    spectrumctl $argv 2>/dev/null | awk 'NR > 1 { print $1 }'
end

# The words before the cursor that are not options nor options' values, without the program.
function __spectrumctl_words
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip = 1
            set skip 0
            continue
        end
        switch $word
            case --socket --vm --output --window --mirror --config
                set skip 1
            case '-*'
            case '*'
                echo -- $word
        end
    end
end

# True when the words are as many as the first argument says and begin with the others.
function __spectrumctl_at
    set -l words (__spectrumctl_words)
    test (count $words) -eq $argv[1]; or return 1
    set -e argv[1]
    for index in (seq (count $argv))
        test "$words[$index]" = "$argv[$index]"; or return 1
    end
end

# True when the first word is one of the arguments.
function __spectrumctl_in
    set -l words (__spectrumctl_words)
    test (count $words) -gt 0; and contains -- $words[1] $argv
end

# True behind `window ID ACTION`, for any of the actions.
function __spectrumctl_acting
    set -l words (__spectrumctl_words)
    test (count $words) -eq 3; and test $words[1] = window; and contains -- $words[3] $argv
end

complete -c spectrumctl -f
complete -c spectrumctl -l json -d 'Print the result as JSON'
complete -c spectrumctl -l socket -r -F -d 'Control socket of the session'
complete -c spectrumctl -s h -l help -d 'Print a summary'
complete -c spectrumctl -n '__spectrumctl_at 0' -l version -d 'Print the version'

complete -c spectrumctl -n '__spectrumctl_at 0' -a windows -d 'List the windows'
complete -c spectrumctl -n '__spectrumctl_at 0' -a outputs -d 'List the outputs'
complete -c spectrumctl -n '__spectrumctl_at 0' -a workspaces -d 'List the workspaces'
complete -c spectrumctl -n '__spectrumctl_at 0' -a vms -d 'List the VMs'
complete -c spectrumctl -n '__spectrumctl_at 0' -a apps -d 'List the programs of all VMs'
complete -c spectrumctl -n '__spectrumctl_at 0' -a clients -d 'List the Wayland connections'
complete -c spectrumctl -n '__spectrumctl_at 0' -a bindings -d 'List the key bindings in force'
complete -c spectrumctl -n '__spectrumctl_at 0' -a version -d 'Say what session runs, and on what'
complete -c spectrumctl -n '__spectrumctl_at 0' -a tree -d 'Show the windows by output and workspace'
complete -c spectrumctl -n '__spectrumctl_at 0' -a window -d 'Act on one window'
complete -c spectrumctl -n '__spectrumctl_at 0' -a workspace -d 'Show a workspace and focus it'
complete -c spectrumctl -n '__spectrumctl_at 0' -a layout -d 'Set the layout of the focused workspace'
complete -c spectrumctl -n '__spectrumctl_at 0' -a action -d 'Do what a key binding could do'
complete -c spectrumctl -n '__spectrumctl_at 0' -a spawn -d 'Start a program on the host or in a VM'
complete -c spectrumctl -n '__spectrumctl_at 0' -a vm -d 'Start or stop a VM, say how it is, run a program in it, or open its console'
complete -c spectrumctl -n '__spectrumctl_at 0' -a image -d 'Make the images that machines boot from'
complete -c spectrumctl -n '__spectrumctl_at 0' -a screenshot -d 'Write a picture of the screen as PNG'
complete -c spectrumctl -n '__spectrumctl_at 0' -a subscribe -d 'Print events as they come'
complete -c spectrumctl -n '__spectrumctl_at 0' -a reload -d 'Read the configuration again'
complete -c spectrumctl -n '__spectrumctl_at 0' -a exit -d 'End the session'

complete -c spectrumctl -n '__spectrumctl_at 1 window' -a '(__spectrumctl_column windows)'
complete -c spectrumctl -n '__spectrumctl_in window; and test (count (__spectrumctl_words)) -eq 2' \
    -a 'focus close kill move resize fullscreen float maximise minimise workspace'
complete -c spectrumctl -n '__spectrumctl_acting fullscreen float maximise' -a 'on off toggle'
complete -c spectrumctl -n '__spectrumctl_acting workspace' -a '(seq 10)'
complete -c spectrumctl -n '__spectrumctl_at 1 workspace' -a '(seq 10)'
complete -c spectrumctl -n '__spectrumctl_at 1 layout' -a 'master-stack columns monocle'
complete -c spectrumctl -n '__spectrumctl_in spawn' -l vm -x -a '(__spectrumctl_column vms)' -d 'In this VM'
complete -c spectrumctl -n '__spectrumctl_in spawn' -a '(__fish_complete_subcommand --fcs-skip=2)'
complete -c spectrumctl -n '__spectrumctl_at 1 vm' -a 'list start stop socket status kill log apps run console'
complete -c spectrumctl -n '__spectrumctl_in vm; and test (count (__spectrumctl_words)) -eq 2; and not __spectrumctl_at 2 vm list' \
    -a '(__spectrumctl_column vms)'
complete -c spectrumctl -n '__spectrumctl_in vm; and contains -- console (__spectrumctl_words)' -l wait -d 'End when the window is closed'
complete -c spectrumctl -n '__spectrumctl_at 1 image' -a 'build list'
complete -c spectrumctl -n '__spectrumctl_at 2 image build' -a '(__spectrumctl_column image list)'
complete -c spectrumctl -n '__spectrumctl_in image' -l mirror -x -d 'Of Debian'
complete -c spectrumctl -n '__spectrumctl_in image' -l again -d 'Build though there is one'
complete -c spectrumctl -n '__spectrumctl_in image' -l config -r -F -d 'Configuration directory'
complete -c spectrumctl -n '__spectrumctl_at 1 screenshot' -F
complete -c spectrumctl -n '__spectrumctl_in screenshot' -l output -x -a '(__spectrumctl_column outputs)' -d 'This output alone'
complete -c spectrumctl -n '__spectrumctl_in screenshot' -l window -x -a '(__spectrumctl_column windows)' -d 'This window alone'
complete -c spectrumctl -n '__spectrumctl_in subscribe' -a 'window workspace output vm focus mode config exit'
