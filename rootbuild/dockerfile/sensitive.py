"""Names of variables whose values had better not be shown."""

from __future__ import annotations

import re

_SECRET = re.compile(
    r"(?:_|^)(?:apikey|auth|credentials?|key|password|pword|passwd|secret|token)(?:_|$)", re.I
)
_HARMLESS = re.compile(r"(?:_|^)(?:public|file|version)(?:_|$)", re.I)


def sensitive(name: str) -> bool:
    """Whether a variable is named as if it held a secret, by BuildKit's words for that."""
    return _SECRET.search(name) is not None and _HARMLESS.search(name) is None
