"""`bulk.toml`: accounts by their names, and what an option is where nobody says otherwise. It never holds a key.

It is looked for in a folder and in those above it. What a program reads of it is plain data (`Config`); which options
there are for `defaults`, each front end knows itself. `[fleet]` is read by whoever works on many accounts.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bulk.api.credentials import check_address
from bulk.api.redaction import Redaction, secrets_in
from bulk.errors import UsageError
from bulk.files.toml_files import parsed_toml, toml_text
from bulk.messages import Part
from bulk.resources.likeness import nearest

FILE: Final = "bulk.toml"
SECTIONS: Final = ("accounts", "defaults", "fleet")
OF_ACCOUNT: Final = ("connection", "url", "token_env", "rate")
_NAME: Final = re.compile(r"\w[\w.-]*")
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_KEY_LIKE: Final = re.compile(r"[0-9a-fA-F]{32,}|[A-Za-z0-9_-]{48,}")  # no id of a connection looks so
_CALLED_A_KEY: Final = frozenset(
    {
        "key", "apikey", "token", "apitoken", "accesstoken", "secret", "password", "matonapikey", "acapitoken",
        "authorization", "bearer",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class NamedAccount:
    """An account as `bulk.toml` names it: a connection of the gateway, or its own `url`.

    `token_env` is the name of the environment variable that has the key for `url`. `rate`: requests a second, None for
    what is usual.
    """

    name: str
    connection: str = ""
    url: str = ""
    token_env: str = ""
    rate: float | None = None


@dataclass(frozen=True, slots=True)
class Config:
    """What a `bulk.toml` says; nothing where there is none (`path` is None)."""

    path: Path | None = None
    accounts: Mapping[str, NamedAccount] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    fleet: Mapping[str, Any] = field(default_factory=dict)

    def account(self, name: str) -> NamedAccount:
        """The account of that name. Raises `UsageError` if there is none, with the nearest."""
        if name in self.accounts:
            return self.accounts[name]
        if self.path is None:
            raise UsageError("config_missing", account=name)
        hint = _hint(name, tuple(self.accounts)) if self.accounts else Part.of("config_no_accounts")
        raise UsageError("config_account_unknown", account=name, file=self.path, hint=hint)

    def name_of(self, connection: str) -> str:
        """What a connection is called here, "" if it has no name."""
        named = (one.name for one in self.accounts.values() if one.connection and connection.startswith(one.connection))
        return next(named, "")


def nearest_file(folder: Path) -> Path | None:
    """The `bulk.toml` of this folder, or of the nearest one above it; None where there is none.

    Raises `UsageError` for one of another user: it could lead this user's key elsewhere.
    """
    for place in (folder, *folder.parents):
        path = place / FILE
        try:
            if not path.is_file():
                continue
            owner = path.stat().st_uid
        except OSError:  # what may not be looked at is not ours
            continue
        if hasattr(os, "getuid") and owner not in (os.getuid(), 0):
            raise UsageError("config_of_other_user", file=path)
        return path
    return None


def config_of(path: Path, environment: Mapping[str, str]) -> Config:
    """Read a `bulk.toml`. Raises `UsageError` if it cannot be read, holds a key, or has what nobody knows."""
    return parsed(toml_text(path), path, secrets=secrets_in(environment))


def parsed(text: str, path: Path, *, secrets: list[str] | None = None) -> Config:
    """What the text of a `bulk.toml` says; `path` is for messages only. Raises as `config_of`."""
    data = parsed_toml(text, path)
    file = _File(path, text)
    hidden = Redaction(*(secret for secret in secrets or () if len(secret) >= 8))
    for at, value in _values((), data):
        called = at[-1].casefold().replace("_", "").replace("-", "")
        is_option = at == ("defaults", "key")
        is_key = isinstance(value, str) and (bool(_KEY_LIKE.fullmatch(value)) or hidden.text(value) != value)
        if is_key or (called in _CALLED_A_KEY and not is_option):
            raise UsageError("config_holds_key", file=path, where=file.place(at))
    for name, value in data.items():
        if name not in SECTIONS:
            raise UsageError("config_unknown", file=path, where=file.place((name,)), hint=_hint(name, SECTIONS))
        if not isinstance(value, dict):
            raise UsageError("config_value", file=path, where=file.place((name,)), expected=f"write [{name}]")
    accounts = {name: _account(file, name, given) for name, given in data.get("accounts", {}).items()}
    return Config(path, accounts, data.get("defaults", {}), data.get("fleet", {}))


@dataclass(frozen=True, slots=True)
class _File:
    """The text of a file, to say where in it something stands."""

    path: Path
    text: str

    def place(self, at: tuple[str, ...]) -> str:
        """A key by its whole name, with its line where that can be told."""
        named = ".".join(at)
        line = self._line(at)
        return f"line {line}, {named}" if line else named

    def _line(self, at: tuple[str, ...]) -> int:
        section = ""
        for number, line in enumerate(self.text.splitlines(), 1):
            bare = line.strip()
            if result := re.fullmatch(r"\[+\s*([^\[\]]+?)\s*\]+\s*(#.*)?", bare):
                section = result[1].replace('"', "").replace("'", "").replace(" ", "")
                if f"{section}.".startswith(".".join(at) + "."):
                    return number
            elif result := re.match(r"""["']?([^"'=]+?)["']?\s*=""", bare):
                written = f"{section}.{result[1]}" if section else result[1]
                if written.replace(" ", "") == ".".join(at):
                    return number
        return 0


def _values(at: tuple[str, ...], value: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Each value of a table that is none itself, with the names that lead to it; those of a list by its name."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _values((*at, str(name)), inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _values(at, inner)
    else:
        yield at, value


def _account(file: _File, name: str, given: Any) -> NamedAccount:
    """One account. Raises `UsageError` for what it cannot be."""
    at = ("accounts", name)

    def refused(key: str, expected: str) -> UsageError:
        where = file.place((*at, key) if key else at)
        return UsageError("config_value", file=file.path, where=where, expected=expected)

    if not isinstance(given, dict):
        raise refused("", f'write [accounts.{name}], and below it connection = "ID"')
    if not _NAME.fullmatch(name):
        raise refused("", "a name has letters, digits, and - _ . in it")
    for key in given:
        if key not in OF_ACCOUNT:
            where = file.place((*at, key))
            raise UsageError("config_unknown", file=file.path, where=where, hint=_hint(key, OF_ACCOUNT))
    for key in ("connection", "url", "token_env"):
        if key in given and (not isinstance(given[key], str) or not given[key].strip()):
            raise refused(key, "it is a text")
    rate = given.get("rate")
    if rate is not None and (not isinstance(rate, (int, float)) or isinstance(rate, bool) or not 0 < rate < 1e6):
        raise refused("rate", "it is a number of requests a second")
    result = NamedAccount(name, **{key: given[key] for key in given if key != "rate"}, rate=rate)
    if bool(result.connection) == bool(result.url):
        raise refused("", 'it has either connection = "ID", or url = "https://..." with token_env = "VARIABLE"')
    if bool(result.url) != bool(result.token_env):
        raise refused("", "url and token_env belong together: token_env names the variable that has the key")
    if result.token_env and not _VARIABLE.fullmatch(result.token_env):
        raise refused("token_env", "it is the name of an environment variable, like ACME_TOKEN")
    if not result.connection.isascii() or not result.connection.isprintable() or " " in result.connection:
        raise refused("connection", "it is the id of a connection: bulk connections list")
    if result.url:
        check_address(f"{file.path}: {file.place((*at, 'url'))}", result.url)
    return result


def _hint(name: str, known: tuple[str, ...]) -> Part:
    close = nearest(name, known)
    return Part.of("nearest", names=close) if close else Part.of("config_there_are", names=known)
