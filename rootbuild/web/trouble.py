"""What it means when a request comes to no answer."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import urllib.error
from collections.abc import Callable, Iterator

from rootbuild.web.patience import PassingError

Unreachable = Callable[[str], Exception]
"""Makes an error of the reason why a server is out of reach."""

Untrusted = Callable[[str, bool], Exception]
"""Makes an error of what is wrong with TLS, and whether it is the certificate."""


@contextlib.contextmanager
def understood(host: str, unreachable: Unreachable, untrusted: Untrusted) -> Iterator[None]:
    """Failures of a connection within the block are raised as PassingError, or as those errors.

    Answers with a bad status (HTTPError) pass as they are.
    """
    try:
        yield
    except urllib.error.HTTPError:
        raise
    except urllib.error.URLError as error:
        cause = error.reason
        cause = cause if isinstance(cause, OSError) else error
        raise _meaning(host, cause, unreachable, untrusted) from error
    except http.client.IncompleteRead as error:
        raise PassingError("the connection was cut") from error
    except http.client.HTTPException as error:
        raise PassingError(f"the answer is not HTTP ({type(error).__name__})") from error
    except (TimeoutError, ConnectionError, ssl.SSLError) as error:
        raise _meaning(host, error, unreachable, untrusted) from error


def _meaning(
    host: str, error: OSError, unreachable: Unreachable, untrusted: Untrusted
) -> Exception:
    if isinstance(error, ssl.SSLCertVerificationError):
        return untrusted(error.verify_message or "bad certificate", True)
    if isinstance(error, socket.gaierror) and error.errno != socket.EAI_AGAIN:
        return unreachable(f"no such host: {host}")
    if isinstance(error, ConnectionRefusedError):
        return unreachable("connection refused")
    if isinstance(error, ssl.SSLError):
        return untrusted(f"TLS: {error.reason or error}", False)
    if isinstance(error, TimeoutError):
        return PassingError("no answer in time")
    if isinstance(error, ConnectionError):
        return PassingError("the connection was cut")
    if isinstance(error, socket.gaierror):
        return PassingError(error.strerror or "the host's name could not be looked up")
    return unreachable(error.strerror or str(error))
