"""Who we are and where we go: the key and the address, from the environment and the options.

The key is never printed, nor an address that is refused: a password may stand in it.

Two ways: through Maton's gateway (`MATON_API_KEY`), or directly (`AC_API_URL` and `AC_API_TOKEN`).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import urlsplit

from bulk.api.redaction import Redaction
from bulk.errors import UsageError
from bulk.messages import Part

GATEWAY: Final = "https://api.maton.ai"
GATEWAY_PATH: Final = "/active-campaign/api/3/"
BASE_URL: Final = Part.of("option_base_url")


@dataclass(frozen=True, slots=True)
class Credentials:
    """The address below which calls go, and the headers that open it. `repr` does not show the key."""

    root: str
    key: str = field(repr=False)
    direct: bool = False
    connection: str = ""

    def headers(self) -> dict[str, str]:
        """The headers that every call carries."""
        if self.direct:
            return {"Api-Token": self.key, "Accept": "application/json"}
        headers = {"Authorization": f"Bearer {self.key}", "Accept": "application/json"}
        if self.connection:
            headers["Maton-Connection"] = self.connection
        return headers

    @property
    def office(self) -> Credentials:
        """The same key at the gateway itself, where its connections are."""
        return replace(self, root=f"{self.root.removesuffix(GATEWAY_PATH)}/", connection="")

    @property
    def on_this_machine(self) -> bool:
        """Whether calls stay on this machine: a sandbox that is served here."""
        return is_loopback(urlsplit(self.root).hostname or "")


SANDBOX: Final = Credentials("http://127.0.0.1/api/3/", "sandbox", direct=True)


def from_environment(environment: Mapping[str, str], *, base_url: str = "", connection: str = "") -> Credentials | None:
    """The credentials that the environment and the options give; None if there is no key.

    Raises `UsageError` for an address that would carry the key in clear, or for half of a direct access.
    """
    gateway_key = environment.get("MATON_API_KEY", "").strip()
    url, token = (environment.get(name, "").strip() for name in ("AC_API_URL", "AC_API_TOKEN"))
    if gateway_key:
        return through_gateway(
            gateway_key,
            base_url=base_url or environment.get("BULK_BASE_URL", "").strip() or GATEWAY,
            connection=connection or environment.get("MATON_CONNECTION", "").strip(),
            named=BASE_URL if base_url else "BULK_BASE_URL",
        )
    if url and token:
        return direct(url, token)
    if url or token:
        missing = "AC_API_TOKEN" if url else "AC_API_URL"
        raise UsageError("variable_missing", variable=missing)
    return None


def through_gateway(key: str, *, base_url: str, connection: str, named: str | Part) -> Credentials:
    """The credentials of a key for the gateway; messages call the address as it is `named`. Raises `UsageError`."""
    _check_header("MATON_API_KEY", key)
    _check_header("The connection", connection)
    return Credentials(f"{_checked(named, base_url, key)}{GATEWAY_PATH}", key, connection=connection)


def direct(url: str, token: str, *, named: str = "AC_API_URL", key_named: str = "AC_API_TOKEN") -> Credentials:
    """The credentials of an account's own address and key; messages call them as `named`. Raises `UsageError`."""
    _check_header(key_named, token)
    return Credentials(f"{_checked(named, url, token).removesuffix('/api/3')}/api/3/", token, direct=True)


def check_address(named: str, url: str) -> None:
    """Raise `UsageError` for an address to which no key may go; the message calls it as it is `named`."""
    _checked(named, url, "")


def _check_header(name: str, value: str) -> None:
    if not value.isascii() or not value.isprintable() or " " in value:
        raise UsageError("key_characters", name=name)


def _checked(name: str | Part, url: str, key: str) -> str:
    """The address, if a key may go there. No message quotes it: what does not belong in it may be secret."""
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0  # a wrong port raises
    except ValueError:
        sound = False
    if not sound or not url.isprintable() or " " in url or "\\" in url:
        raise UsageError("address_invalid", name=name, example=GATEWAY)
    if parts.username is not None or parts.query or parts.fragment:
        raise UsageError("address_with_more", name=name, example=GATEWAY)
    if Redaction(key).text(url) != url:
        raise UsageError("address_with_key", name=name, example=GATEWAY)
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise UsageError("address_in_clear", name=name)
    return url.rstrip("/")


def is_loopback(host: str) -> bool:
    """Whether a host is this machine itself, by its name or address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
