"""The cache that travels: results of steps read from, and written to, registries and folders."""
