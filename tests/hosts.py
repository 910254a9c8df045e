"""What the host of the tests is like, and what rootbuild must come to on it."""

from __future__ import annotations

import os
from pathlib import Path

UNMENDED = os.environ.get("ROOTBUILD_HOST") == "unmended"
HYBRID = Path("/sys/fs/cgroup/unified").is_dir()
RUNTIME = "runc" if HYBRID else "crun"
# The engine that builds: the one that is ordered for a run of the tests, or the usual one.
ENGINE = os.environ.get("ROOTBUILD_ENGINE") or "buildah"
HELPER = "host" if UNMENDED else "slirp4netns"
