# as_root COMMAND...: run as root, by sudo where we are not. To be sourced after say.sh.

as_root() {
    show "$@"
    if [ "$(id -u)" -eq 0 ]; then
        "$@" >&2
    elif command -v sudo >/dev/null 2>&1; then
        sudo "$@" >&2
    else
        die "the command above must be run as root, and there is no sudo here: run it as root, then start again"
    fi
}
