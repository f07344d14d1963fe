# bash completion for spectrumctl. Installed as bash-completion's "spectrumctl".

# The first column of a table of the running session; nothing when there is none.
_spectrumctl_column() {
    # Of more than one word: the command's own.
    # shellcheck disable=SC2086
    spectrumctl "${socket[@]}" $1 2>/dev/null | awk 'NR > 1 { print $1 }'
}

_spectrumctl() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
    local commands='windows outputs workspaces vms apps clients bindings version tree window
        workspace layout action spawn vm image screenshot subscribe reload exit'
    local command='' words=() socket=() index word candidates=''
    COMPREPLY=()

    for ((index = 1; index < COMP_CWORD; index++)); do
        word=${COMP_WORDS[index]}
        case $word in
            --) [[ $command == spawn || $command == vm ]] && words+=("$word") ;;
            --socket) socket=(--socket "${COMP_WORDS[++index]}") ;;
            --vm | --output | --window | --mirror | --config) ((++index)) ;;
            -*) ;;
            *) if [[ -z $command ]]; then command=$word; else words+=("$word"); fi ;;
        esac
    done

    case $previous in
        --socket) mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
        --config) mapfile -t COMPREPLY < <(compgen -d -- "$current"); return ;;
        --mirror) return ;;
        --vm) candidates=$(_spectrumctl_column vms) ;;
        --output) candidates=$(_spectrumctl_column outputs) ;;
        --window) candidates=$(_spectrumctl_column windows) ;;
    esac
    if [[ -n $candidates || $previous == --vm || $previous == --output || $previous == --window ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$candidates" -- "$current")
        return
    fi

    case $command in
        '') candidates="$commands --json --socket --help --version" ;;
        window)
            case ${#words[@]} in
                0) candidates=$(_spectrumctl_column windows) ;;
                1) candidates='focus close kill move resize fullscreen float maximise minimise
                       workspace' ;;
                2) case ${words[1]} in
                       fullscreen | float | maximise) candidates='on off toggle' ;;
                       workspace) candidates='1 2 3 4 5 6 7 8 9 10' ;;
                   esac ;;
            esac ;;
        workspace) ((${#words[@]})) || candidates='1 2 3 4 5 6 7 8 9 10' ;;
        layout) ((${#words[@]})) || candidates='master-stack columns monocle' ;;
        spawn)
            if ((${#words[@]})); then
                if [[ ${#words[@]} == 1 && ${words[0]} == -- ]]; then
                    mapfile -t COMPREPLY < <(compgen -c -- "$current")
                else
                    mapfile -t COMPREPLY < <(compgen -f -- "$current")
                fi
                return
            fi
            candidates='--vm --' ;;
        vm)
            case ${#words[@]} in
                0) candidates='list start stop socket status kill log apps run console' ;;
                1) [[ ${words[0]} == list ]] || candidates=$(_spectrumctl_column vms) ;;
                2) [[ ${words[0]} == run ]] && candidates=-- ;;
            esac
            if [[ ${words[0]} == console && $current == -* ]]; then
                candidates=--wait
            fi ;;
        image)
            case ${#words[@]} in
                0) candidates='build list' ;;
                1) [[ ${words[0]} == build ]] && candidates=$(_spectrumctl_column 'image list') ;;
            esac
            if [[ $current == -* ]]; then
                candidates='--mirror --again --config'
            fi ;;
        screenshot)
            if [[ $current != -* ]]; then
                mapfile -t COMPREPLY < <(compgen -f -- "$current")
                return
            fi
            candidates='--output --window' ;;
        subscribe) candidates='window workspace output vm focus mode config exit' ;;
    esac
    if [[ -n $command && $current == -* ]]; then
        candidates+=' --json --socket --help'
    fi
    mapfile -t COMPREPLY < <(compgen -W "$candidates" -- "$current")
}

complete -F _spectrumctl spectrumctl
