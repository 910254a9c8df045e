"""What a build fetches by itself: files by HTTP, and git repositories.

- `sources`: what a source is, as data; `parse` reads it out of what users write
- `download`: a URL into a file of the download cache
- `git`: a repository into a folder, by way of a bare one that is kept
"""
