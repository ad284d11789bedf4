"""Who comes in, where to, and how fast: the gateway's limit, and accounts that are opened when first asked for.

`path` is the first account's file; the others and the connections lie beside it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from bulk.sandbox.account import Account
from bulk.sandbox.connections import Connections
from bulk.sandbox.demo import furnish
from bulk.sandbox.entrances import DIRECT, OFFICE, Request, account_of, bears_key
from bulk.sandbox.faults import BODIES
from bulk.sandbox.limits import Busiest, Limit, limit_of
from bulk.sandbox.options import SandboxOptions
from bulk.sandbox.responses import Response, packed
from bulk.sandbox.routes import bulk_import
from bulk.sandbox.shapes.wire import Shapes
from bulk.sandbox.store import Store


@dataclass(frozen=True, slots=True)
class _Paced:
    """An account and the limit that is its own."""

    account: Account
    limit: Limit
    busiest: Busiest = field(default_factory=Busiest)


class Admission:
    """Lets requests in to the gateway and to the accounts of its connections. `refused` counts those over a limit."""

    def __init__(self, path: Path | None, options: SandboxOptions, clock: Callable[[], datetime]) -> None:
        self._path = path
        self._options = options
        self._clock = clock
        given = options.gateway_rate
        self._gateway_rate = 2 * options.rate if given is None else given
        self._gateway = limit_of(options.window, self._gateway_rate, strict=options.strict)
        self.connections = Connections(self._beside("connections"), clock)
        self._accounts: dict[int, _Paced] = {}
        self.refused = 0

    def close(self) -> None:
        """Close the state; it stays on disk."""
        for paced in self._accounts.values():
            paced.account.store.close()
        self.connections.close()

    @property
    def observed_max(self) -> int:
        """The most requests that one account served in any one second."""
        return max(paced.busiest.most for paced in self._accounts.values())

    @property
    def first(self) -> Account:
        """The account that is there without a connection."""
        return self._account(1).account

    def counts(self, tables: Sequence[str]) -> dict[str, dict[str, int]]:
        """How many rows each account that is open has in these tables, and how many batches, by its name."""
        accounts = [paced.account for paced in self._accounts.values()]
        return {
            account.shapes.host: {table: account.store.count(f"SELECT count(*) FROM {table}") for table in tables}
            | bulk_import.counts(account.store)
            for account in accounts
        }

    def enter(self, request: Request, arrived: float) -> Account | Response | None:
        """Who answers, None for the gateway itself; or what is answered before anything is done.

        That is to a wrong key, a connection that opens nothing, or a request over a limit.
        """
        options = self._options
        if request.entrance != DIRECT:
            if not bears_key(request, options.key):
                return packed((401, BODIES[401]))
            if not self._gateway.admit(arrived):
                return self._over(self._gateway_rate, request)
            if request.entrance == OFFICE:
                return None
        number = account_of(request, options.key, self.connections, options.switches)
        if not isinstance(number, int):
            return packed(number)
        paced = self._account(number)
        if options.switches.import_counts or not request.path.startswith("import/"):
            if not paced.limit.admit(arrived):
                return self._over(options.rate, request)
            paced.busiest.note(arrived)
        return paced.account

    def _over(self, rate: float, request: Request) -> Response:
        """The answer to a request over a limit."""
        self.refused += 1
        switches = self._options.switches
        passed_on = request.entrance == DIRECT or switches.gateway_retry_after
        wait = ((b"retry-after", str(max(1, math.ceil(1 / rate))).encode()),) if passed_on else ()
        limit = f"{rate:g}".encode()
        body = {"message": switches.refusal_text}
        return packed((429, body), (*wait, (b"ratelimit-limit", limit), (b"ratelimit-remaining", b"0")))

    def _account(self, number: int) -> _Paced:
        """The account of that number, opened when it is first asked for."""
        if number not in self._accounts:
            options = self._options
            path, host = self._path, options.host
            if number != 1:
                name, dot, domain = host.partition(".")
                path, host = self._beside(str(number)), f"{name}-{number}{dot}{domain}"
            store = Store(
                path, self._clock, options.zone, furnish=furnish if options.demo and number == 1 else None,
                collation=options.switches.collation,
            )  # fmt: skip
            limit = limit_of(options.window, options.rate, strict=options.strict)
            self._accounts[number] = _Paced(Account(store, Shapes(host), options.switches), limit)
        return self._accounts[number]

    def _beside(self, name: str) -> Path | None:
        """A file beside the first account's."""
        return self._path and self._path.with_name(f"{self._path.stem}-{name}{self._path.suffix}")
