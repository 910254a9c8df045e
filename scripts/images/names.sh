# The base images of the examples, and how their stand-ins are told from real ones. To be sourced.

IMAGES="base openjdk maven"
IMAGE_PREFIX=docker.io/diamol
STAND_IN_LABEL=io.rootbuild.stand-in

# What a stand-in is made from: it is made anew when that changes.
recipe() {
    cat "$scripts/images/build" "$scripts/images/import" "$scripts/images/apt-sources" | sha256sum | cut -c1-12
}
