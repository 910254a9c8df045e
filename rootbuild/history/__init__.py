"""What is remembered of every build: one file each, written while the build goes on."""
