"""Fixtures: registries, and a user without any configuration."""

from tests.registry.conftest import faulty, home

__all__ = ["faulty", "home"]
