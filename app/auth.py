"""Who asks, and where Recto may listen.

It does not check passwords: there are none yet, so nothing but the machine's own loopback may be served.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field

from ingest.errors import BadSetup


@dataclass(frozen=True, slots=True)
class Principal:
    """The person or program behind a call; `roles` say what it may do."""

    user: str
    roles: frozenset[str] = field(default_factory=frozenset)


LOCAL = Principal("local", frozenset({"owner"}))
"""The one user of a library on their own machine."""


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server that is bound to `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def check_bind(host: str, authenticated: bool) -> None:
    """Raises BadSetup where others could reach a server that asks nobody who they are."""
    if authenticated or is_loopback(host):
        return
    raise BadSetup(
        f"refused to listen on {host or 'every address'}: other machines could read the library without signing in",
        hint="use --host 127.0.0.1, and reach it from elsewhere through an SSH tunnel",
    )
