"""SHA-256 of little data, by Python's own code: OpenSSL takes 2 ms to load.

Whoever hashes the content of files takes `hashlib`, which is several times as fast.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hashlib import sha256 as sha256
else:  # as `random` does it; a Python that was built without them has OpenSSL's
    try:
        if sys.version_info >= (3, 12):
            from _sha2 import sha256
        else:
            from _sha256 import sha256
    except ImportError:
        from hashlib import sha256

__all__ = ("sha256",)
