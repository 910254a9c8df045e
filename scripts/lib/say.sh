# Words for the person at the terminal. To be sourced; everything goes to stderr.

say() {
    printf '==> %s\n' "$*" >&2
}

# show COMMAND...: a command about to be run, as one could type it.
show() {
    printf '    %s\n' "$*" >&2
}

die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}
