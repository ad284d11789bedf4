"""What an exchange with the book of limits costs by the number of accounts: `python -m benchmarks.book [ACCOUNTS ...]`.

So many jobs, each alone on its account (1, 20, 200), share one book, as those of a fleet of real accounts do; each has
one exchange after the other. Prints the CPU of an exchange for a book in a file, and in a Redis where there is a
`redis-server` (there without the server's own), and the ratio of the most accounts to the fewest. Then that of an
exchange of somebody who does not know yet whose account it is, and so looks into all budgets.
"""

from __future__ import annotations

import itertools
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

from bulk.access.shared_limit import SharedLimit
from bulk.access.shared_limit_file import FileStore
from bulk.access.shared_limit_redis import RedisStore
from bulk.access.shared_limit_rows import BudgetStore
from tests.redis_server import redis_server
from tests.sharing import renew, settle

EXCHANGES = 200
REPEATS = 5


@contextmanager
def in_file() -> Iterator[BudgetStore]:
    """A book in a file of its own."""
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(FileStore(Path(folder) / "state" / "budgets.sqlite", 0.0, lambda: 1_000.0)) as store,
    ):
        yield store


@contextmanager
def in_redis() -> Iterator[BudgetStore]:
    """A book in a Redis of its own."""
    with (
        tempfile.TemporaryDirectory() as folder,
        redis_server(Path(folder)) as url,
        closing(RedisStore(url, 0.0)) as store,
    ):
        yield store


def seconds_of(limits: list[SharedLimit], now: float) -> float:
    """CPU seconds of an exchange of these, one after the other: the least of several times."""
    least = float("inf")
    for repeat in range(REPEATS):
        began = time.process_time()
        for limit in itertools.islice(itertools.cycle(limits), EXCHANGES):
            renew(limit, now + 0.4 * repeat)
        least = min(least, (time.process_time() - began) / EXCHANGES)
    return least


def cost(store: BudgetStore, accounts: int) -> tuple[float, float]:
    """CPU seconds of an exchange of jobs on so many accounts, and of somebody who does not know whose it is."""
    limits = [SharedLimit(store, 5.0, f"way {number}", lambda: None) for number in range(accounts)]
    for number, limit in enumerate(limits):
        settle(limit, f"account {number}", 1.0)
    known = seconds_of(limits, 20.0)
    return known, seconds_of([SharedLimit(store, 5.0, "a new way", lambda: None)], 30.0)


def report(counts: list[int]) -> None:
    """Measure and print."""
    stores: dict[str, Callable[[], AbstractContextManager[BudgetStore]]] = {"file": in_file}
    if shutil.which("redis-server"):
        stores["Redis"] = in_redis
    for name, opened in stores.items():
        costs = []
        for count in counts:
            with opened() as store:
                costs.append(cost(store, count))
        for what, each in zip(("known", "new"), zip(*costs, strict=True), strict=True):
            told = ", ".join(f"{count:,}: {1000 * one:.2f} ms" for count, one in zip(counts, each, strict=True))
            ratio = f"{counts[-1]} accounts to {counts[0]} x {each[-1] / each[0]:.2f}"
            print(f"one book in a {name}, CPU of an exchange ({what} account): {told}; {ratio}")


if __name__ == "__main__":
    report([int(word) for word in sys.argv[1:]] or [1, 20, 200])
