# as_root COMMAND...: run as root, by sudo where we are not. The command is shown first; what it says
# is shown when it fails. To be sourced after say.sh.

as_root() {
    show "$@"
    if [ "$(id -u)" -eq 0 ]; then
        replayed_on_failure "$@"
    elif command -v sudo >/dev/null 2>&1; then
        sudo -v # asks for a password now, if it must, not into the log
        replayed_on_failure sudo "$@"
    else
        die "the command above must be run as root, and there is no sudo here: run it as root, then start again"
    fi
}

replayed_on_failure() {
    _log=$(mktemp)
    if "$@" >"$_log" 2>&1 </dev/null; then
        rm -f "$_log"
        return
    fi
    cat "$_log" >&2
    rm -f "$_log"
    die "that failed"
}
