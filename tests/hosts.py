"""What the host of the tests is like, and what rootbuild must come to on it."""

from __future__ import annotations

import os
from pathlib import Path

UNMENDED = os.environ.get("ROOTBUILD_HOST") == "unmended"
HYBRID = Path("/sys/fs/cgroup/unified").is_dir()
RUNTIME = "runc" if HYBRID else "crun"
HELPER = "host" if UNMENDED else "slirp4netns"
