"""What a build attests of its results."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path

from rootbuild import __version__
from rootbuild.attest.options import Wanted
from rootbuild.attest.provenance import provenance
from rootbuild.attest.statement import Attestation, Subject, statement
from rootbuild.backend import Backend
from rootbuild.build.inputs import Source
from rootbuild.build.options import BuildOptions
from rootbuild.build.provenance.materials import Sources
from rootbuild.build.provenance.told import Occasion, told
from rootbuild.build.remotes import Remotes
from rootbuild.build.vertices import Vertices
from rootbuild.files.rootfs import READ, Rootfs
from rootbuild.image.dates import date
from rootbuild.outputs.metadata import reference
from rootbuild.outputs.walk import walk
from rootbuild.plan.plan import Plan
from rootbuild.records import dataclass

_PIECE = 1 << 20
_SECONDS = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True)
class Attestor:
    """Attests what `wanted` says. The build `started` then; `created` is SOURCE_DATE_EPOCH."""

    wanted: Wanted
    options: BuildOptions
    source: Source
    backend: Backend
    remotes: Remotes
    vertices: Vertices
    started: float
    created: int | None

    def attest(self, plan: Plan, root: Callable[[int], Path]) -> list[tuple[Attestation, ...]]:
        """The attestations of each target. `root` gives the mounted files of a target."""
        whole = self._provenance(plan)
        found = []
        for target in plan.targets:
            listed = self._sbom(plan, target, root)
            found.append((*([whole] if whole else []), *([listed] if listed else [])))
        return found

    def _provenance(self, plan: Plan) -> Attestation | None:
        if self.wanted.provenance is None:
            return None
        digests = {image.id: image.digest for image in self.backend.images()}
        sources = Sources(
            lambda image: digests.get(image, ""),
            lambda remote: self.remotes.identity(remote, self.vertices),
        )
        occasion = Occasion(reference(), _text(self.started), _now())
        dockerfile = (self.source.name, self.source.data)
        invocation = told(plan, self.options, dockerfile, sources, occasion)
        return provenance(invocation, self.wanted.provenance)

    def _sbom(self, plan: Plan, target: int, root: Callable[[int], Path]) -> Attestation | None:
        if self.wanted.sbom is None:
            return None
        from rootbuild.sbom import spdx
        from rootbuild.sbom.scan import scan

        stage = plan.stage(target)
        label = f"{stage.platform} " if len(plan.targets) > 1 else ""
        with self.vertices.open(f"[{label}sbom] generating sbom") as vertex:
            with Rootfs(root(target)) as rootfs:
                inventory = scan(rootfs)
            vertex.status(f"{len(inventory.packages)} packages")
        for remark in inventory.remarks:
            self.vertices.warn(f"sbom: {remark}")
        created = _now() if self.created is None else date(self.created)
        name = next(iter(self.options.tags), stage.name)
        content = spdx.document(inventory, name, created, f"rootbuild-{__version__}")
        return Attestation(spdx.PREDICATE, content, self.wanted.sbom.file)


def beside(attestations: Sequence[Attestation], root: Path) -> Mapping[str, bytes]:
    """What is attested of files below a root, as files to be put beside them, by their names."""
    if not attestations:
        return {}
    subjects = list(_files(root))
    return {each.file: statement(each, subjects) for each in attestations}


def _files(root: Path) -> Sequence[Subject]:
    found = []
    for each in walk(os.fsencode(root)):
        if each.kind == stat.S_IFREG:
            name = each.name.decode("utf-8", "replace")
            found.append(Subject(name, f"sha256:{_digest(each.path)}"))
    return found


def _digest(path: bytes) -> str:
    content = hashlib.sha256()
    with open(os.open(path, READ), "rb") as stream:
        while piece := stream.read(_PIECE):
            content.update(piece)
    return content.hexdigest()


def _text(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).strftime(_SECONDS)


def _now() -> str:
    return datetime.now(timezone.utc).strftime(_SECONDS)
