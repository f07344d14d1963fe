# bash completion for spectrum-session. Installed as bash-completion's "spectrum-session".

_spectrum_session() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} candidates=''
    COMPREPLY=()
    local words='doctor --config --backend --output --ready-fd --check-config --log-level --version
               --help'
    [[ ${COMP_WORDS[1]} == doctor ]] && words='--config --for --json --help'
    case $previous in
        --config) mapfile -t COMPREPLY < <(compgen -d -- "$current"); return ;;
        --backend) candidates='auto drm wayland x11 headless' ;;
        --output) candidates='1280x720 1920x1080 2560x1440 3840x2160@2' ;;
        --log-level) candidates='debug info warning error' ;;
        --ready-fd) candidates='3' ;;
        --for) candidates='start login windows vms' ;;
        *) candidates=$words ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$candidates" -- "$current")
}

complete -F _spectrum_session spectrum-session
