# What the kernel's command line says of the session.
for word in $(cat /proc/cmdline); do
    case $word in
        login.renderer=*) export WLR_RENDERER="${word#login.renderer=}" ;;
    esac
done
# The only OpenGL here is llvmpipe, and wlroots does not take it unasked.
export WLR_RENDERER_ALLOW_SOFTWARE=1
