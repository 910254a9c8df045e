"""A bare repository per remote, which keeps what was fetched."""

from __future__ import annotations

from pathlib import Path

from rootbuild.errors import DockerfileError, RemoteError
from rootbuild.records import dataclass
from rootbuild.remote.access import Access
from rootbuild.remote.program import Call, failure, git, succeed
from rootbuild.remote.secrets import git_authorization, scope, without_password
from rootbuild.remote.sources import GitSource, is_commit, redacted

_NAMESPACE = "refs/rootbuild"


@dataclass(frozen=True, slots=True)
class Remote:
    """A remote and how it is reached. `nested` is a submodule's, which not every secret is for."""

    url: str
    access: Access
    nested: bool = False

    @property
    def shown(self) -> str:
        """The remote as messages show it."""
        return redacted(self.url)

    def call(self, *arguments: str) -> Call:
        """A call that reaches the remote; `{}` among the arguments is replaced by its URL."""
        url = without_password(self.url)
        header = git_authorization(self.url, self.access.secret, nested=self.nested)
        config = (
            ()
            if header is None
            else ((f"http.{scope(url)}.extraHeader", f"Authorization: {header}"),)
        )
        words = tuple(url if word == "{}" else word for word in arguments)
        access = self.access
        return Call(words, remote=True, config=config, agent=access.agent, waiting=access.waiting)

    def resolve(self, ref: str) -> tuple[str, str]:
        """The commit that a ref leads to, and the tag object that it is, or the commit again.

        An empty ref is the default branch. Raises RemoteError if the remote has no such ref.
        """
        name = ref or "HEAD"
        finished = succeed(
            self.call("ls-remote", "--", "{}", name, f"{name}^{{}}"),
            f"failed to fetch remote {self.shown}",
            hint=_hint(self),
        )
        found = {
            words[1]: words[0]
            for line in finished.text.splitlines()
            if len(words := line.split("\t")) == 2 and is_commit(words[0])
        }
        for candidate in candidates(ref):
            if candidate in found:
                return found.get(f"{candidate}^{{}}", found[candidate]), found[candidate]
        raise RemoteError(
            f"repository does not contain ref {name}",
            id="git-ref-missing",
            hint=f"{self.shown} has no branch, tag or ref of that name; a commit is named in full",
        )


@dataclass(frozen=True, slots=True)
class Repository:
    """The bare repository in `path`, which the caller has locked; made when it is needed."""

    path: Path

    def call(self, *arguments: str) -> tuple[str, ...]:
        """The arguments of a call that works on it."""
        return ("--git-dir", str(self.path), *arguments)

    def has(self, commit: str) -> bool:
        """Whether a commit was fetched; its ref is set when all that it needs is there."""
        if not (self.path / "HEAD").exists():
            return False
        ref = f"{_NAMESPACE}/{commit}"
        return git(Call(self.call("rev-parse", "--verify", "--quiet", ref))).status == 0

    def fetch(self, remote: Remote, commit: str) -> None:
        """Get a commit from the remote: it alone where that is possible, else everything.

        Raises RemoteError.
        """
        self._make(commit)
        target = f"{_NAMESPACE}/{commit}"
        whole = ("--unshallow",) if (self.path / "shallow").exists() else ()
        for words in (
            ("--depth=1", "--", "{}", f"+{commit}:{target}"),
            ("--", "{}", f"+{commit}:{target}"),
            ("--prune", *whole, "--", "{}", f"+refs/*:{_NAMESPACE}/all/*"),
        ):
            options = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules")
            finished = git(remote.call(*self.call("fetch", *options, *words)))
            if finished.status == 0:
                break
        else:
            raise failure(finished, f"failed to fetch remote {remote.shown}", hint=_hint(remote))
        update = self.call("update-ref", "--no-deref", target, f"{commit}^{{commit}}")
        if git(Call(update)).status != 0:
            raise RemoteError(
                f"repository does not contain ref {commit}",
                id="git-ref-missing",
                hint=f"{remote.shown} has no such commit, or does not give it away",
            )

    def _make(self, commit: str) -> None:
        """Make the repository, or what is missing of it, as a build may have been killed at it."""
        for left in (*self.path.glob("*.lock"), *self.path.glob("refs/**/*.lock")):
            left.unlink(missing_ok=True)
        kind = "sha256" if len(commit) == 64 else "sha1"
        words = ("init", "--quiet", "--bare", "--template=", f"--object-format={kind}", "--")
        succeed(Call((*words, str(self.path))), f"failed to make a git repository in {self.path}")


def candidates(ref: str) -> tuple[str, ...]:
    """The whole names that a ref may stand for; branches are first, as for `git checkout`."""
    if not ref or ref == "HEAD":
        return ("HEAD",)
    if ref.startswith("refs/"):
        return (ref,)
    return (f"refs/heads/{ref}", f"refs/tags/{ref}", f"refs/{ref}")


def verify(source: GitSource, commit: str, tag: str) -> None:
    """Check the commit that came out against the one that was asked for. BuildKit's words."""
    wanted = source.checksum
    if not wanted:
        return
    if len(wanted) > 64 or any(char not in "0123456789abcdef" for char in wanted):
        raise DockerfileError(
            f'invalid checksum "{wanted}" for a git repository, expected hex commit hash',
            id="bad-checksum",
        )
    if not commit.startswith(wanted) and not tag.startswith(wanted):
        also = f" or {tag}" if tag != commit else ""
        raise RemoteError(
            f"expected checksum to match {wanted}, got {commit}{also}",
            id="checksum-mismatch",
            hint=f"{source.shown} has moved on, or the checksum is of another commit",
        )


def _hint(remote: Remote) -> str:
    if remote.url.startswith(("http://", "https://")):
        host = redacted(remote.url).split("/")[2].rpartition("@")[2]
        return (
            "check the address; if it wants a token, give it with "
            f"--secret id=GIT_AUTH_TOKEN.{host},src=FILE"
        )
    if remote.url.startswith("git://"):
        return "check the address, and that the server exports this repository"
    return "check the address, and that the server's key is known to ssh and yours to its agent"
