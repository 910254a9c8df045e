# Names that the scripts share. To be sourced; each can be set from outside.

# Who builds when we were started as root: rootless engines are for ordinary users.
ROOTBUILD_USER=${ROOTBUILD_USER:-rootbuild}

# The lowest port that an ordinary user may publish: the examples use 800.
ROOTBUILD_LOWEST_PORT=${ROOTBUILD_LOWEST_PORT:-800}

# usual: what a machine with cgroup v2 and udev looks like. unmended: as bare as it can get.
ROOTBUILD_HOST=${ROOTBUILD_HOST:-usual}

export ROOTBUILD_USER ROOTBUILD_LOWEST_PORT ROOTBUILD_HOST
