"""What users are told when a registry does not do what it should."""

from __future__ import annotations

import http.client
import json
import urllib.error

from rootbuild.errors import RegistryError
from rootbuild.registry.hosts import Place
from rootbuild.web.patience import LIMITED, PassingError

_LONGEST_ANSWER = 1 << 16
_SHOWN = 300


def unreachable(host: str, reason: str) -> RegistryError:
    """There is no connection."""
    return RegistryError(
        f"registry {host} cannot be reached: {reason}",
        id="registry-unreachable",
        hint="check its name and the network; proxies are taken from http_proxy, https_proxy and "
        "no_proxy",
    )


def untrusted(host: str, reason: str, certificate: bool) -> RegistryError:
    """TLS does not come about."""
    hint = f"put its authority's certificate into /etc/containers/certs.d/{host}/ca.crt, or say"
    if not certificate:
        hint = "if it is spoken to without TLS, say so:"
    return RegistryError(
        f"registry {host}: {reason}",
        id="registry-tls",
        hint=f"{hint} `insecure = true` for it in ~/.config/containers/registries.conf",
    )


def denied(place: Place, reason: str) -> RegistryError:
    """It wants somebody else."""
    return RegistryError(
        f"registry {place.host} denies access to {place.repository}: {reason}",
        id="registry-denied",
        hint=f"`rootbuild login {place.host}` gives it a name and a password; or the name is wrong",
    )


def missing(host: str, what: str) -> RegistryError:
    """It does not have something."""
    return RegistryError(f"registry {host} does not have {what}", id="registry-not-found")


def corrupt(host: str, what: str) -> RegistryError:
    """What it sent is not what was asked for."""
    return RegistryError(
        f"registry {host} sent something else than {what}",
        id="registry-digest",
        hint="its content is damaged, or something between here and there changes it",
    )


def nonsense(host: str, what: str) -> RegistryError:
    """Its answer cannot be understood."""
    return RegistryError(f"registry {host}: {what}", id="registry-failed")


def gave_up(host: str, error: PassingError) -> RegistryError:
    """It was tried often enough."""
    if error.status == LIMITED:
        return RegistryError(
            f"registry {host} answers no more requests for now (429)",
            id="registry-limited",
            hint="wait, or `rootbuild login`: those with a name may ask more often",
        )
    return RegistryError(
        f"registry {host}: {error}",
        id="registry-failed" if error.status else "registry-unreachable",
        hint="it was tried several times; try again later",
    )


def refused(place: Place, error: urllib.error.HTTPError) -> RegistryError:
    """An answer with a status that means no."""
    reason = _words(error) or f"invalid response status {error.code}"
    if error.code in (401, 403, 407):
        return denied(place, reason)
    return RegistryError(
        f"registry {place.host} refuses {place.repository}: {reason}",
        id="registry-not-found" if error.code in (404, 410) else "registry-failed",
    )


def _words(error: urllib.error.HTTPError) -> str:
    """What a registry says in its own format for errors."""
    try:
        found = json.loads(error.read(_LONGEST_ANSWER))["errors"][0]
        text = f"{found.get('message') or ''} ({found['code']})".strip()
    except (
        OSError,
        http.client.HTTPException,
        ValueError,
        KeyError,
        IndexError,
        TypeError,
        AttributeError,
    ):
        return ""
    return "".join(char if char.isprintable() else "?" for char in text)[:_SHOWN]
