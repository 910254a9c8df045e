"""What images hold does not depend on where their layers end: one for all steps, some, or each."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.build.builds import Project

pytestmark = pytest.mark.engine

# Steps in pairs, so that what the first has made is often in a layer below that of the second.
MAKE = r"""
RUN mkdir -p /w/opaque/sub /w/turns /w/both && cd /w && \
    echo gone >removed && echo kept >kept && echo old >opaque/old && echo old >opaque/sub/old && \
    echo x >mode && chmod 600 mode && echo x >owner && \
    echo one >first && ln first second && ln first third && \
    echo file >becomes-folder && mkdir becomes-file && echo x >becomes-file/x && \
    ln -s kept link && ln -s kept becomes-plain && echo d >turns/d && \
    touch both/a both/b && mkdir emptied && touch emptied/x
"""
CHANGE = r"""
RUN cd /w && rm removed && chmod 755 mode && chown 3:4 owner && rm /etc/in-the-base && \
    rm -r opaque && mkdir opaque && echo new >opaque/new && \
    rm second && \
    rm becomes-folder && mkdir becomes-folder && echo y >becomes-folder/y && \
    rm -r becomes-file && echo file >becomes-file && \
    ln -sfn mode link && rm becomes-plain && echo plain >becomes-plain && \
    rm -r turns && echo now-a-file >turns && rm both/a && rm emptied/x
"""
BACK = r"""
RUN cd /w && rm turns && mkdir turns && echo e >turns/e && echo again >removed && \
    rm -r both && chmod 644 mode && touch emptied/y
"""
COPIES = "COPY new /w/becomes-folder/\nCOPY new /w/replaced\n"
LAST = "RUN cd /w && rm replaced && echo {} >last\n"

LIST = (
    "cd /w && find . | sort | while read -r f; do stat -c '%n %F %a %u:%g' $f; "
    "[ ! -L $f ] || readlink $f; [ -L $f ] || [ ! -f $f ] || cat $f; done; "
    "[ ! first -ef third ] || echo linked; ls /etc/in-the-base 2>/dev/null; echo end"
)


def held(project: Project) -> str:
    """Everything of `/w`, and whether the base's file is there.

    Links are not counted: overlay counts those of the layer below. Nor is a file with several names
    changed by one of them in a later layer, which parts it from the others on any engine.
    """
    return project.run("sh", "-c", LIST)


def dockerfile(base: str, last: str, dear: str = "") -> str:
    return "".join([f"FROM {base}\n", MAKE, dear, CHANGE, dear, BACK, COPIES, LAST.format(last)])


@pytest.fixture
def base(project: Project) -> Project:
    """An image with a file that a later build removes."""
    made = replace(project, tag=f"{project.tag}-base")
    made.build("FROM diamol/base\nRUN echo base >/etc/in-the-base\n")
    return made


def test_layers_do_not_matter(project: Project, base: Project) -> None:
    project.write("new", "copied")
    dear = "RUN sleep 1.2\n"
    project.build(dockerfile(base.tag, "1"), "--layers=all")
    each = held(project)
    count = len(project.inspect()["RootFS"]["Layers"])

    project.build(dockerfile(base.tag, "1"), "--no-cache")
    assert held(project) == each
    assert len(project.inspect()["RootFS"]["Layers"]) < count

    project.build(dockerfile(base.tag, "1", dear))
    assert held(project) == each

    for policy in ("auto", "all"):  # on top of layers of earlier builds
        result = project.build(dockerfile(base.tag, policy, dear), f"--layers={policy}")
        assert "CACHED" in result.stderr
        resumed = held(project)
        project.build(dockerfile(base.tag, policy, dear), f"--layers={policy}", "--no-cache")
        assert held(project) == resumed
        assert resumed.replace(f"\n{policy}\n", "\n1\n") == each

    lines = each.splitlines()
    names = [line.split()[0] for line in lines if line.startswith(".")]
    for gone in ("second", "opaque/old", "opaque/sub", "both", "emptied/x", "turns/d", "replaced"):
        assert f"./{gone}" not in names
    assert "/etc/in-the-base" not in lines
    assert "linked" in lines
    for fact in (
        "./mode regular file 644 0:0",
        "./owner regular file 644 3:4",
        "./becomes-folder directory 755 0:0",
        "./becomes-folder/new regular file 644 0:0",
        "./becomes-file regular file 644 0:0",
        "./becomes-plain regular file 644 0:0",
        "./turns directory 755 0:0",
        "./turns/e regular file 644 0:0",
        "./opaque/new regular file 644 0:0",
    ):
        assert fact in lines
    assert lines[lines.index("./link symbolic link 777 0:0") + 1] == "mode"
