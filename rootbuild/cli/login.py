"""`login` and `logout`: the engine asks the registry, Docker's configuration keeps the answer."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from rootbuild.cli import rows
from rootbuild.cli.parse import Parsed
from rootbuild.errors import UsageError
from rootbuild.image.reference import HUB
from rootbuild.registry import config, credentials
from rootbuild.registry.transport import tls_options
from rootbuild.runtime.calls import call
from rootbuild.runtimes import choose_runtime


def login(parsed: Parsed) -> int:
    """Ask the registry whether name and password are right, and keep them if they are."""
    server = _server(parsed)
    if parsed.has("password"):
        sys.stderr.write(
            "WARNING! Using --password via the CLI is insecure. Use --password-stdin.\n"
        )
        sys.stderr.flush()
    if parsed.switch("password-stdin") and not parsed.text("username"):
        raise UsageError("Must provide --username with --password-stdin", exit_code=1)
    if parsed.switch("password-stdin") and parsed.has("password"):
        raise UsageError("--password and --password-stdin are mutually exclusive", exit_code=1)
    user = [] if parsed.has("username") or not parsed.has("password") else [_ask_name()]
    runtime = choose_runtime()
    with tempfile.TemporaryDirectory(prefix="rootbuild-auth-") as folder:
        file = Path(folder, "auth.json")
        options = (f"--authfile={file}", *tls_options(server), *user, *parsed.tokens(["password"]))
        words = ("login", *options, server)
        if parsed.has("password"):
            with _holding(parsed.text("password")) as secret:
                outcome = call(runtime, (*words, "--password-stdin"), stdin=secret)
        else:
            outcome = call(runtime, words, live=not parsed.switch("password-stdin"))
        if outcome.status != 0:
            outcome.replay()
            return 1
        answer = json.loads(file.read_bytes())
    _keep(server, {str(k): str(v) for k, v in answer["auths"][server].items()})
    return 0


def _ask_name() -> str:
    sys.stdout.write("Username: ")
    sys.stdout.flush()
    return f"--username={sys.stdin.readline().strip() if sys.stdin is not None else ''}"


@contextlib.contextmanager
def _holding(secret: str) -> Iterator[IO[bytes]]:
    """A secret to be read as standard input: command lines are for everybody to see."""
    with os.fdopen(os.memfd_create("secret"), "w+b") as file:
        file.write(secret.encode())
        file.flush()
        file.seek(0)
        yield file


def logout(parsed: Parsed) -> int:
    """Forget the credentials of a registry."""
    server = _server(parsed)
    key, content = credentials.key_of(server), config.read()
    rows.write(f"Removing login credentials for {key}\n")
    helper = (content.get("credHelpers") or {}).get(server) or content.get("credsStore")
    if helper:
        credentials.ask_helper(str(helper), "erase", key)
    if (content.get("auths") or {}).pop(key, None) is not None:
        config.write(content)
    return 0


def _keep(server: str, entry: dict[str, str]) -> None:
    key, content = credentials.key_of(server), config.read()
    helper = (content.get("credHelpers") or {}).get(server) or content.get("credsStore")
    if helper:
        user, secret = credentials.split(entry)
        request = json.dumps({"ServerURL": key, "Username": user, "Secret": secret})
        if credentials.ask_helper(str(helper), "store", request) is None:
            raise UsageError(f"docker-credential-{helper} could not keep it", exit_code=1)
        entry = {}
    config.write({**content, "auths": {**(content.get("auths") or {}), key: entry}})


def _server(parsed: Parsed) -> str:
    """The registry: a host, as the engine wants it; by default Docker Hub."""
    given = parsed.args[0] if parsed.args else HUB
    bare = (given.partition("://")[2] or given).partition("/")[0]
    return HUB if bare == "index.docker.io" else bare
