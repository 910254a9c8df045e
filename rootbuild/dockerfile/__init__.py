"""Dockerfiles and .dockerignore files as data: parsing, word expansion, matching. No I/O."""
