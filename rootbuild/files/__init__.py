"""The copy engine: COPY, ADD and WORKDIR on a mounted root filesystem, confined to it."""
