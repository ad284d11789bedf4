"""Where a fleet runs on Dask: a scheduler that is there, or a cluster of this machine's own. What it has to be able to.

The only importer of Dask beside `dask_run`, and only once it is asked for.
"""

from __future__ import annotations

import logging
import secrets
import signal
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import bulk
from bulk.errors import UnfinishedError, UsageError
from bulk.fleet.dask_task import Sight, digest_of, look
from bulk.fleet.fleet_folder import FleetRecord
from bulk.storage.private import make_private, open_private

if TYPE_CHECKING:
    from distributed import Client

LOCAL: Final = "dask"
_SCHEMES: Final = {"dask": "tcp", "dask+tls": "tls"}
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
PATIENCE: Final = 60.0  # seconds for a scheduler to answer, and for workers to come
_LOGS: Final = ("distributed", "distributed.client")  # Dask gives each a level of its own
COMES_BACK: Final = {"distributed.deploy.lost-worker-timeout": "1 hour"}  # a busy machine needs longer than the usual
# 15 seconds to begin another worker for one that died, and then it would be given up
_NO_PAGES: Final[Mapping[str, object]] = {"distributed.scheduler.http.routes": [], "distributed.worker.http.routes": []}
_ANY_PORT: Final = "127.0.0.1:0"  # answers nothing: what there is to see are names of accounts
ALONE: Final = (
    "Not every worker has BULK_REDIS_URL: the limit of an account is held on each machine by itself. Let no other job\n"
    "be at work on these accounts meanwhile, or set it for all workers."
)


@dataclass(frozen=True, slots=True)
class DaskPlace:
    """A scheduler's address as Dask writes it, "" for a cluster of this machine's own; how many `workers` are to be.

    `threads`: accounts that each worker of a cluster of its own has in hand. `patience` is in seconds.
    """

    given: str
    address: str
    workers: int
    threads: int
    patience: float = PATIENCE
    version: str = bulk.__version__  # that workers have to have

    @property
    def is_here(self) -> bool:
        """Whether its workers are on this machine."""
        return not self.address or (urlsplit(self.address).hostname or "") in _LOOPBACK


def dask_place(given: str, workers: int | None, threads: int, processes: int) -> DaskPlace:
    """What somebody means by where a fleet is to run: `dask`, or `dask://HOST:PORT`.

    Raises `UsageError` for what is no such place, and where Dask is not installed.
    """
    parts = urlsplit(given)
    try:
        port = parts.port
    except ValueError:
        port = None
    if given != LOCAL and (parts.scheme not in _SCHEMES or not parts.hostname or not port):
        raise UsageError("fleet_place", given=given)
    if find_spec("distributed") is None or find_spec("cryptography") is None:
        raise UsageError("fleet_dask_missing")
    if given == LOCAL:
        return DaskPlace(given, "", workers or processes, threads)
    return DaskPlace(given, f"{_SCHEMES[parts.scheme]}://{parts.netloc}", workers or 1, threads)


@asynccontextmanager
async def connected(place: DaskPlace) -> AsyncIterator[Client]:
    """A client of the place, once it has so many workers, all of this version of bulk.

    Raises `UnfinishedError` where nobody answers or no workers come, `UsageError` where they have another version.
    """
    import dask  # noqa: PLC0415 - heavy, and not always installed
    from distributed import Client, LocalCluster  # noqa: PLC0415

    if not place.address:  # `security`: by keys of this run, or other users of this machine could give it tasks
        with dask.config.set({**COMES_BACK, **_NO_PAGES}):
            cluster = LocalCluster(
                n_workers=place.workers, threads_per_worker=place.threads, processes=True, host="127.0.0.1",
                dashboard_address=None, memory_limit=0, silence_logs=logging.CRITICAL, asynchronous=True,
                preload=["bulk.fleet.dask_place"], security=True,
            )  # fmt: skip
            cluster.scheduler_spec["options"]["dashboard_address"] = _ANY_PORT  # else one that is taken, and a warning
            async with cluster, Client(cluster, asynchronous=True) as client:
                await _workers_of(client, place)
                yield client
        return
    with _silence():
        try:
            client = await Client(place.address, asynchronous=True, timeout=place.patience)
        except (OSError, TimeoutError) as error:
            raise UnfinishedError("fleet_scheduler_silent", place=place.given, reason=str(error).rstrip(".")) from error
        async with client:
            await _workers_of(client, place)
            yield client


@contextmanager
def _silence() -> Iterator[None]:
    """Let Dask say nothing by itself: what is wrong is told in words of ours, not as its traces."""
    loggers = [logging.getLogger(name) for name in _LOGS]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


async def check_sight(client: Client, place: DaskPlace, jobs: Path, record: FleetRecord) -> str:
    """Whether all workers see the fleet's files, and may write its folder; what is to be said of them.

    Raises `UsageError` where one does not, or where a rehearsal would have its sandboxes on other machines.
    """
    if record.sandbox and not place.is_here:
        raise UsageError("fleet_sandbox_far", place=place.given)
    make_private(jobs)
    token = jobs / f".seen-{secrets.token_hex(8)}"
    with open_private(token) as file:
        file.write(token.name.encode())
    try:
        place_of = Path(record.file).parent
        imports = [step for step in record.steps if step.is_import]
        tables = [step.path_for(account, place_of) for step in imports for account in record.accounts]
        given = [Path(path) for path in (record.file, record.config) if path]
        paths = [token, *(path for path in (*given, *tables) if path.exists())]  # what is nowhere its account says
        files = [(str(path), digest_of(path)) for path in paths]
        told: Mapping[str, Sight] = await client.run(look, files, str(jobs))
    finally:
        token.unlink()
    blind = {worker: sight.blind[0] for worker, sight in told.items() if sight.blind}
    if blind:
        path = next(iter(blind.values()))
        where = jobs if path == str(token) else path
        raise UsageError("fleet_workers_blind", workers=_named(blind), file=where)
    return "" if place.is_here or all(sight.shares_limits for sight in told.values()) else ALONE


async def workers_of(client: Client) -> Mapping[str, Mapping[str, Any]]:
    """The workers by their addresses. Raises `OSError` where the scheduler does not answer."""
    identity: Mapping[str, Any] = await client.scheduler.identity(n_workers=-1)
    workers: Mapping[str, Mapping[str, Any]] = identity["workers"]
    return workers


async def _workers_of(client: Client, place: DaskPlace) -> None:
    try:
        await client.wait_for_workers(place.workers, timeout=place.patience)
    except TimeoutError as error:
        raise UnfinishedError(
            "fleet_workers_none", place=place.given, seconds=round(place.patience), wanted=place.workers,
            address=place.address,
        ) from error  # fmt: skip
    told = await client.run(_asked_version(), on_error="return")
    other = {worker: version for worker, version in told.items() if version != place.version}
    if other:
        versions = sorted({f"bulk {one}" if isinstance(one, str) else f"no bulk ({one})" for one in other.values()})
        raise UsageError("fleet_workers_differ", version=place.version, workers=_named(other), versions=versions)


def _asked_version() -> Callable[[], str]:
    def version() -> str:  # within another, so that it is sent whole: a worker without bulk could not find it
        import bulk  # noqa: PLC0415 - that of the worker

        return str(bulk.__version__)

    return version


def _named(workers: Mapping[str, object]) -> Sequence[str]:
    return [worker.partition("://")[2] for worker in workers]


def dask_setup(_worker: object) -> None:
    """Of a worker of a cluster of this machine's own: Ctrl-C is for whoever began it, who tells the workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
