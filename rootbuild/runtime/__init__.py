"""Containers, networks and ports: Docker's verbs on an engine that runs containers."""
