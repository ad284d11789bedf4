"""Who may talk to a served sandbox: whoever names it as what it is. A web page may not, by whatever name it got here.

A page can have its own name point at this machine (DNS rebinding). Its browser then takes the sandbox for the page's
own server, but goes on naming the page: in `Host`, and in `Origin`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from bulk.api.credentials import is_loopback

_HTTP: Final = 80  # the port of an address that names none


def is_let_in(scope: Mapping[str, Any], listening_on: str = "") -> bool:
    """Whether an ASGI request names this server, and comes from no other page.

    A name is good if it is of this machine itself, the address that was connected to, or `listening_on`, the host that
    was asked for.
    """
    headers = [(name.lower(), value.decode("latin-1")) for name, value in scope["headers"]]
    hosts = [value for name, value in headers if name == b"host"]
    origins = [value for name, value in headers if name == b"origin"]
    if len(hosts) != 1 or not _names_us(hosts[0], scope, listening_on):
        return False
    return all(origin.lower() == f"http://{hosts[0].lower()}" for origin in origins)


def _names_us(told: str, scope: Mapping[str, Any], listening_on: str) -> bool:
    address, port = scope.get("server") or ("", None)
    try:
        parts = urlsplit(f"//{told}")
        name, at = parts.hostname or "", parts.port or _HTTP
    except ValueError:
        return False
    if parts.netloc != told or "@" in told or port != at:
        return False
    return name in (address.lower(), listening_on.lower()) or is_loopback(name)
