"""Certificates for registries, where container engines and Docker look for them.

https://github.com/containers/image/blob/main/docs/containers-certs.d.5.md
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from pathlib import Path

from rootbuild.errors import HostError


def context(
    host: str,
    verify: bool = True,
    environment: Mapping[str, str] = os.environ,
    root: Path = Path("/"),
) -> ssl.SSLContext:
    """TLS for a registry: this host's authorities, and what is in its folder of certificates."""
    found = ssl.create_default_context()
    if not verify:
        found.check_hostname = False
        found.verify_mode = ssl.CERT_NONE
    config = environment.get("XDG_CONFIG_HOME") or f"{environment.get('HOME', '')}/.config"
    folders = (Path(config, "containers"), root / "etc/containers", root / "etc/docker")
    for folder in (each / "certs.d" / host for each in folders):
        try:
            _load(found, folder)
        except OSError as error:
            raise HostError(
                f"cannot use the certificates in {folder}: {error}", id="registry-tls"
            ) from error
    return found


def _load(tls: ssl.SSLContext, folder: Path) -> None:
    for authority in sorted(folder.glob("*.crt")):
        tls.load_verify_locations(authority)
    for certificate in sorted(folder.glob("*.cert")):
        tls.load_cert_chain(certificate, certificate.with_suffix(".key"))
