"""`RUN --mount` as data, and every way to get it wrong."""

from __future__ import annotations

from typing import Any

import pytest

from rootbuild.errors import DockerfileError
from rootbuild.graph.stages import ImageBase, Source
from rootbuild.plan.mounts.bind import BindMount
from rootbuild.plan.mounts.cache import CacheMount
from rootbuild.plan.mounts.read import RunMount, read_mounts
from rootbuild.plan.mounts.secret import SecretMount
from rootbuild.plan.mounts.ssh import SshMount
from rootbuild.plan.mounts.tmpfs import TmpfsMount
from rootbuild.plan.words import Words

WORDS = Words({"T": "/from/variable", "K": "cache"}, "\\")
IMAGE = ImageBase("image")


def read(*texts: str, sources: tuple[Source, ...] = (), **args: str) -> tuple[RunMount, ...]:
    return read_mounts(texts, sources, WORDS, "/work", args)


def cache(**changed: Any) -> CacheMount:
    fields = {
        "id": "//c",
        "target": "/c",
        "sharing": "shared",
        "source": None,
        "path": "/",
        "made": None,
        "read_only": False,
    }
    return CacheMount(**{**fields, **changed})


@pytest.mark.parametrize(
    ("text", "mount"),
    [
        ("target=/t", BindMount(None, "/", "/t", True)),
        ("TYPE=bind,Target=/t,ro=false", BindMount(None, "/", "/t", False)),
        ("type=BIND,dst=/t,src=a/../b,rw", BindMount(None, "/b", "/t", False)),
        ("destination=rel/,source=../x,rw=0", BindMount(None, "/x", "/work/rel", True)),
        ("target=$T,ro", BindMount(None, "/", "/from/variable", True)),
        ('"target=/a,b",rw', BindMount(None, "/", "/a,b", False)),
        ("source=x", BindMount(None, "/x", "/work", True)),
        ("type=tmpfs,target=/t", TmpfsMount("/t", 0, False)),
        ("type=tmpfs,target=/t,size=128m,ro", TmpfsMount("/t", 128 << 20, True)),
        ("type=tmpfs,target=/t,size=1.5KiB", TmpfsMount("/t", 1536, False)),
        ("type=tmpfs,target=/t,size=100", TmpfsMount("/t", 100, False)),
        ("type=$K,target=/c", cache()),
        ("type=cache,target=/c/,id=x", cache(id="/x")),
        ("type=cache,target=c", cache(id="/c", target="/work/c")),
        ("type=cache,target=/c,sharing=LOCKED,ro", cache(sharing="locked", read_only=True)),
        ("type=cache,target=/c,mode=0700", cache(made=(0o700, 0, 0))),
        ("type=cache,target=/c,uid=1,gid=2", cache(made=(0o755, 1, 2))),
        ("type=cache,target=/c,source=/s,uid=1", cache(path="/s")),
        ("type=secret,id=a", SecretMount("a", "/run/secrets/a", None, False, 0o400, 0, 0)),
        ("type=secret,source=x/y", SecretMount("x/y", "/run/secrets/y", None, False, 0o400, 0, 0)),
        (
            "type=secret,target=/etc/key,required,mode=440,uid=1,gid=2",
            SecretMount("key", "/etc/key", None, True, 0o440, 1, 2),
        ),
        ("type=secret,id=a,env=A", SecretMount("a", None, "A", False, 0o400, 0, 0)),
        ("type=secret,id=a,env=", SecretMount("a", None, "a", False, 0o400, 0, 0)),
        (
            "type=secret,id=a,env=A,target=f,required=true",
            SecretMount("a", "/work/f", "A", True, 0o400, 0, 0),
        ),
        ("type=ssh", SshMount("default", "/run/buildkit/ssh_agent.0", False, 0o600, 0, 0)),
        ("type=ssh,id=x,target=/s,required", SshMount("x", "/s", True, 0o600, 0, 0)),
    ],
)
def test_each_type(text: str, mount: RunMount) -> None:
    assert read(text) == (mount,)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("type=foo,target=/t", 'unsupported mount type "foo"'),
        ("type=cachee,target=/t", 'unsupported mount type "cachee" (did you mean cache?)'),
        ("typ=cache,target=/t", "unexpected key 'typ' in 'typ=cache' (did you mean type?)"),
        ("zzzzzz=1", "unexpected key 'zzzzzz' in 'zzzzzz=1'"),
        ("target", "invalid field 'target' must be a key=value pair"),
        ("target=/t,z", "invalid field 'z' must be a key=value pair"),
        ("target=/t,Z", "invalid field 'Z' must be a key=value pair"),
        ("target=/t,U", "invalid field 'U' must be a key=value pair"),
        ("type=tmpfs,target=/t,tmpcopyup", "invalid field 'tmpcopyup' must be a key=value pair"),
        ("target=/t,relabel=shared", "unexpected key 'relabel' in 'relabel=shared'"),
        ("target=/", 'invalid mount target "/"'),
        ("type=tmpfs,target=/x/..", 'invalid mount target "/"'),
        ("target=/t,size=1", "unexpected key 'size' for mount type 'bind'"),
        ("size=1,type=tmpfs", "unexpected key 'size' for mount type 'bind'"),
        ("type=tmpfs,target=/t,size=1x", "invalid value for size: 1x"),
        ("target=/t,required", "unexpected key 'required' for mount type 'bind'"),
        ("type=cache,target=/t,required=true", "unexpected key 'required' for mount type 'cache'"),
        ("target=/t,ro=maybe", "invalid value for ro: maybe"),
        ("target=/t,mode=0755", 'mode not allowed for "bind" type mounts'),
        ("type=tmpfs,target=/t,uid=1", 'uid not allowed for "tmpfs" type mounts'),
        ("target=/t,gid=1", 'gid not allowed for "bind" type mounts'),
        ("type=cache,target=/t,mode=9", "invalid value 9 for mode"),
        ("type=cache,target=/t,uid=-1", "invalid value -1 for uid"),
        ("type=cache,target=/t,gid=4294967296", "invalid value 4294967296 for gid"),
        ("type=cache,target=/t,sharing=mine", 'unsupported sharing value "mine"'),
        (
            "type=cache,target=/t,sharing=lockd",
            'unsupported sharing value "lockd" (did you mean locked?)',
        ),
        ("target=/t,sharing=locked", "invalid cache sharing set for bind mount"),
        ("type=secret", "invalid secret mount. one of source, target required"),
        ("type=secret,id=a,src=b", "both source and id can't be set"),
        ("type=secret,id=a,sharing=shared", "secret mount should not define sharing"),
        ("type=ssh,source=x", "ssh does not support source"),
        (
            'target="/t"',
            'failed to parse csv mounts: parse error on line 1, column 8: bare " in non-quoted '
            "field",
        ),
        (
            '"target=/t',
            "failed to parse csv mounts: parse error on line 1, column 11: extraneous or missing "
            '" in quoted-field',
        ),
    ],
)
def test_errors(text: str, message: str) -> None:
    with pytest.raises(DockerfileError) as caught:
        read(text)
    assert str(caught.value) == message


def test_a_secret_comes_from_nowhere_else() -> None:
    with pytest.raises(DockerfileError, match=r"^secret mount should not have a from$"):
        read("type=secret,id=a,from=image", sources=(IMAGE,))


def test_sources_go_to_the_mounts_that_have_a_from() -> None:
    found = read(
        "target=/a",
        "target=/b,from=one",
        "type=cache,target=/c",
        "type=cache,target=/d,from=two,source=s",
        sources=(ImageBase("one"), ImageBase("two")),
    )
    sources = [item.source for item in found if isinstance(item, BindMount | CacheMount)]
    assert sources == [None, ImageBase("one"), None, ImageBase("two")]


def test_agents_are_counted() -> None:
    targets = [item.target for item in read("type=ssh", "type=tmpfs,target=/t", "type=ssh,id=b")]
    assert targets == ["/run/buildkit/ssh_agent.0", "/t", "/run/buildkit/ssh_agent.1"]


def test_ids_of_caches_have_a_namespace() -> None:
    assert read("type=cache,target=/c", BUILDKIT_CACHE_MOUNT_NS="n") == (cache(id="n//c"),)


def test_a_definition_says_what_is_asked_for() -> None:
    texts = (
        "type=secret,id=a",
        "type=secret,id=b",
        "type=cache,target=/c",
        "type=ssh",
        "target=/c",
    )
    definitions = {mount.definition for text in texts for mount in read(text)}
    assert len(definitions) == len(texts)
