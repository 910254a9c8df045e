"""The image store of containers/storage, read straight from its files; never written to."""
