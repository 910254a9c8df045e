"""Digests of the context's files, remembered by what `stat` says of them, as git's index does."""
