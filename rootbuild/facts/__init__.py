"""What can be seen of a host by looking: each module reads a file or two of one subject.

Facts are frozen data. Where a fact alone keeps containers from working, its module also says so, as
a `Problem`. Nothing here starts a program or changes anything. `root` is where the host's files
are, for tests.
"""
