"""What is built: contexts, made on the spot, and what changes between two builds of one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Kind = Literal["cold", "nothing to do", "one changed"]
Floor = Literal["copy and commit", "the command alone"]

BASE = "docker.io/diamol/base"
TREE = "docker.io/rootbuild-bench/tree"
EXAMPLE_B = Path("examples/b")
MAVEN_IMAGES = ("docker.io/diamol/maven", "docker.io/diamol/openjdk")
MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Scenario:
    """A context, by the function that fills an empty folder, and how it is built.

    `kinds` says which builds are measured; `change` edits the context for "one changed", in a way
    that differs each time it is called. `images` have to be in the store. `long` ones run less
    often. `floor` is what no builder that uses the engine's store can do without, when it is cold:
    `cp -a` of `content` (a file of the context, or an image) and one `buildah commit`; or the
    steps' command itself, in no container at all.
    """

    name: str
    fill: Callable[[Path], None]
    kinds: tuple[Kind, ...] = ("cold", "nothing to do")
    change: Callable[[Path], None] | None = None
    images: tuple[str, ...] = (BASE,)
    long: bool = False
    floor: Floor | None = None
    content: str = ""
    command: str = ""


def _dockerfile(*lines: str) -> Callable[[Path], None]:
    text = "\n".join(lines) + "\n"

    def fill(context: Path) -> None:
        (context / "Dockerfile").write_text(text)
        (context / "file.txt").write_text("content\n")

    return fill


def many_files(context: Path, count: int = 20_000, size: int = 10_000) -> None:
    """`count` files of `size` bytes in folders of a hundred, and a Dockerfile that copies them."""
    (context / "Dockerfile").write_text(f"FROM {BASE}\nCOPY tree /tree\n")
    for number in range(count):
        if number % 100 == 0:
            folder = context / "tree" / f"{number // 100:04}"
            folder.mkdir(parents=True)
        (folder / f"file-{number}").write_bytes(os.urandom(size))


def many_stages(context: Path, count: int) -> None:
    """A chain of stages, each of which copies a file out of the one before it."""
    lines = [f"FROM {BASE} AS s0", "RUN echo 0 > /n"]
    for number in range(1, count):
        lines += [f"FROM {BASE} AS s{number}", f"COPY --from=s{number - 1} /n /n"]
    _dockerfile(*lines)(context)


def many_steps(context: Path, count: int) -> None:
    """One stage with that many RUNs."""
    _dockerfile(f"FROM {BASE}", *(f"RUN echo {number} > /n" for number in range(count)))(context)


def large_files(context: Path, count: int) -> None:
    """A GiB each, without a block on the disk, and a small one; only a list of them is kept."""
    _dockerfile(
        f"FROM {BASE} AS all",
        "COPY data /data",
        "RUN ls -l /data > /list",
        f"FROM {BASE}",
        "COPY --from=all /list /list",
    )(context)
    (context / "data").mkdir()
    for number in range(count):
        with (context / "data" / f"large-{number}").open("wb") as stream:
            stream.truncate(1024 * MIB)
    change_small(context)


def change_small(context: Path) -> None:
    """Edit the small file among the large ones."""
    (context / "data" / "small").write_text(os.urandom(8).hex())


def _touch_one(context: Path) -> None:
    (context / "tree" / "0042" / "file-4242").write_bytes(os.urandom(10_000))


def _one_large(context: Path) -> None:
    (context / "Dockerfile").write_text(f"FROM {BASE}\nCOPY large /large\n")
    _write_large(context / "large", 1024 * MIB)


def _write_large(path: Path, size: int) -> None:
    with path.open("wb") as stream:
        for _ in range(0, size, MIB):
            stream.write(os.urandom(min(MIB, size)))


def mixed_tree(folder: Path) -> None:
    """1 GiB: some large files, many of a megabyte, thousands of small ones."""
    for number in range(10):
        _write_large(folder / f"large-{number}", 64 * MIB)
    for number in range(320):
        _write_large(folder / f"middle-{number}", MIB)
    for number in range(8000):
        where = folder / f"small-{number // 100}"
        where.mkdir(exist_ok=True)
        (where / f"{number}").write_bytes(os.urandom(8192))


def _example_b(context: Path) -> None:
    shutil.copytree(EXAMPLE_B, context, dirs_exist_ok=True)


def _edit_java(context: Path) -> None:
    page = context / "src/main/java/iotd/Page.java"
    page.write_text(page.read_text() + f"// {os.urandom(8).hex()}\n")


_SLEEPERS = range(8)

SCENARIOS: Sequence[Scenario] = (
    Scenario(
        "5 instructions",
        _dockerfile(
            f"FROM {BASE}",
            "ENV GREETING=hello",
            "RUN echo $GREETING > /greeting.txt",
            "COPY file.txt /file.txt",
            "CMD cat /greeting.txt",
        ),
    ),
    Scenario(
        "3 chained stages",
        _dockerfile(
            f"FROM {BASE} AS build-stage",
            "RUN echo 'Building...' > /build.txt",
            f"FROM {BASE} AS test-stage",
            "COPY --from=build-stage /build.txt /build.txt",
            "RUN echo 'Testing...' >> /build.txt",
            f"FROM {BASE}",
            "COPY --from=test-stage /build.txt /build.txt",
            "CMD cat /build.txt",
        ),
    ),
    Scenario(
        "20 trivial RUNs",
        _dockerfile(
            f"FROM {BASE}", *(f"RUN echo {number} > /file{number}" for number in range(20))
        ),
    ),
    Scenario(
        "8 stages of sleep 2",
        _dockerfile(
            *(f"FROM {BASE} AS s{one}\nRUN sleep 2; echo {one} > /out" for one in _SLEEPERS),
            f"FROM {BASE}",
            *(f"COPY --from=s{one} /out /out{one}" for one in _SLEEPERS),
        ),
        kinds=("cold",),
        long=True,
        floor="the command alone",
        command="sleep 2",
    ),
    Scenario(
        "20,000 files",
        many_files,
        kinds=("cold", "nothing to do", "one changed"),
        change=_touch_one,
        long=True,
        floor="copy and commit",
        content="tree",
    ),
    Scenario("1 GiB file", _one_large, long=True, floor="copy and commit", content="large"),
    Scenario(
        "1 GiB written, removed",
        _dockerfile(
            f"FROM {BASE}", f"RUN head -c {1024 * MIB} /dev/zero > /large", "RUN rm /large"
        ),
        kinds=("cold",),
        long=True,
        floor="the command alone",
        command=f"busybox head -c {1024 * MIB} /dev/zero > large && busybox rm large",
    ),
    Scenario(
        "COPY --from of 1 GiB",
        _dockerfile(f"FROM {BASE}", f"COPY --from={TREE} / /tree"),
        kinds=("cold",),
        images=(BASE, TREE),
        long=True,
        floor="copy and commit",
        content=TREE,
    ),
    Scenario(
        "example B, a source edited",
        _example_b,
        kinds=("one changed",),
        change=_edit_java,
        images=MAVEN_IMAGES,
        long=True,
    ),
)
