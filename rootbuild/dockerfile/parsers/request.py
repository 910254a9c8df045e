"""What the parsers of all instructions share: a node with its place, and argument counts."""

from __future__ import annotations

from rootbuild.dockerfile.flags import NONE, Flags, Known, read_flags
from rootbuild.dockerfile.instructions import Command
from rootbuild.dockerfile.tree import Node
from rootbuild.errors import DockerfileError, Location
from rootbuild.records import dataclass


@dataclass(frozen=True, slots=True)
class Request:
    """A node that is to become an instruction, and where it stands."""

    node: Node
    location: Location

    @property
    def args(self) -> tuple[str, ...]:
        """The arguments, as the instruction's form cuts them."""
        return self.node.args

    def flags(self, known: Known = NONE) -> Flags:
        """The flags. Raises DockerfileError for any that is not known."""
        return read_flags(self.node.flags, known)

    def one(self) -> str:
        """The only argument. Raises DockerfileError if there is none."""
        if len(self.args) != 1:
            raise self.error("requires exactly one argument", "missing-argument")
        return self.args[0]

    def some(self) -> tuple[str, ...]:
        """The arguments. Raises DockerfileError if there are none."""
        if not self.args:
            raise self.error("requires at least one argument", "missing-argument")
        return self.args

    def command(self, args: tuple[str, ...]) -> Command:
        """`args` as a command: an argv if they were JSON, else text for the shell."""
        if self.node.json:
            return Command(args, False)
        return Command((" ".join(args),) if args else (), True)

    def comment_on(self, name: str) -> str:
        """What a comment above the instruction says about `name`, if it begins with it."""
        prefix = f"{name} "
        if name:
            for comment in self.node.comments:
                if comment.startswith(prefix):
                    return comment[len(prefix) :]
        return ""

    def error(self, problem: str, id: str, hint: str = "") -> DockerfileError:
        """`KEYWORD problem`, as an error."""
        return DockerfileError(f"{self.node.name} {problem}", id=id, hint=hint)
