"""The tests that every backend passes; for pytest.

Subclass `StoreContract`, `RunContract`, `MountContract` and `WaysContract`, and give them two
fixtures: `backend`, used where its containers can be mounted (inside what `enter` leads to), and
`base`, the id of a stored image with a busybox at /bin/busybox and nothing else of note.
"""

from rootbuild.testing.contract.containers import container, execute, fresh_name, listing, shell
from rootbuild.testing.contract.devices import DeviceContract
from rootbuild.testing.contract.ending import EndingContract
from rootbuild.testing.contract.execution import ExecutionContract
from rootbuild.testing.contract.limits import LimitContract
from rootbuild.testing.contract.mounts import MountContract
from rootbuild.testing.contract.sandbox import SandboxContract
from rootbuild.testing.contract.store import StoreContract
from rootbuild.testing.contract.traces import TraceContract
from rootbuild.testing.contract.ways import WaysContract

__all__ = [
    "MountContract",
    "RunContract",
    "StoreContract",
    "WaysContract",
    "container",
    "execute",
    "fresh_name",
    "listing",
    "shell",
]


class RunContract(
    ExecutionContract,
    SandboxContract,
    LimitContract,
    DeviceContract,
    TraceContract,
    EndingContract,
):
    """Processes in containers."""
