"""What tests need to know about backends; shipped, so that others can test theirs.

`RecordingBackend` is a backend without an engine. `rootbuild.testing.contract` (which needs pytest)
holds the tests that every backend passes.
"""

from rootbuild.testing.recording import Call, RecordingBackend

__all__ = ["Call", "RecordingBackend"]
