"""The docker-shaped command line: argv -> options -> the layer that does it."""
