"""One sandbox account on disk and a folder of jobs, to run jobs against in process and in virtual time."""

from __future__ import annotations

import csv
import json
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import anyio
import pytest

from bulk.access.account import Account, Setting
from bulk.api.client import Client
from bulk.api.credentials import SANDBOX
from bulk.jobs import all_resources, export, import_
from bulk.jobs.options import ExportOptions, ImportOptions
from bulk.jobs.summary import JobResult
from bulk.model import Lost, Reply, Request
from bulk.resources import named
from bulk.runtime.progress import Progress, Silent
from bulk.sandbox.account import Account as Office
from bulk.sandbox.app import Sandbox, SandboxOptions
from bulk.sandbox.faults import Fault
from bulk.sandbox.shapes.wire import Shapes
from bulk.sandbox.switches import Switches
from bulk.storage.job_folder import JobFolder
from bulk.wording import FrontEnd
from tests.virtual import run

Sent = tuple[Request, Reply | Lost]


class Crash(Exception):  # noqa: N818
    """Stands for the end of the process at this point."""


@dataclass
class Told(Silent):
    """Progress that keeps what was said."""

    lines: list[str] = field(default_factory=list, init=False)

    def say(self, line: str) -> None:
        self.lines.append(line)


@dataclass
class World:
    folder: Path
    monkeypatch: pytest.MonkeyPatch
    faults: tuple[Fault, ...] = ()
    seed: int = 0
    latency: float = 0.0
    counting: dict[str, Any] = field(default_factory=dict)  # how the sandbox counts requests, without a limit if empty
    on_send: Callable[[Request], None] = lambda _request: None
    before: Callable[[Request], Reply | Lost | None] = lambda _request: None  # what is answered without asking anybody
    altered: Callable[[Request], Request] = lambda request: request  # what comes to the account of it
    after: Callable[[Request, Reply | Lost], None] = lambda _request, _reply: None
    instead: Callable[[Request, Reply | Lost], Reply | Lost] = lambda _request, reply: reply  # what comes for a reply
    sent: list[Sent] = field(default_factory=list, init=False)  # so hypothesis does not tell it: it may be thousands
    sandbox: str = "account"  # the folder of the account at hand; `host` is its name, `demo` whether it has anything
    host: str = "sandbox.example.com"
    demo: bool = True
    switches: Switches = field(default_factory=Switches)
    told: Told = field(default_factory=Told)
    progress: Progress | None = None  # who is told instead
    clock: Callable[[], float] = time.time  # of this machine
    signals: bool = False
    by_loop: bool = False  # the sandbox's clock goes with the loop's, so that batches take their time
    confirm: Callable[[str], bool] | None = None
    latest: datetime = field(default=datetime.min.replace(tzinfo=UTC), init=False)  # of that clock

    @asynccontextmanager
    async def opened(self, access: Account, _rate: float) -> AsyncIterator[Any]:
        assert access.sandbox_folder
        access.sandbox_folder.mkdir(exist_ok=True)
        path = access.sandbox_folder / "sandbox.sqlite"
        if self.demo and not path.exists():
            shutil.copy(_new_account(self.switches.collation), path)
        options = SandboxOptions(
            **{"rate": 0} | self.counting, faults=self.faults, seed=self.seed, latency=self.latency, key=SANDBOX.key,
            host=self.host, demo=self.demo, switches=self.switches,
        )  # fmt: skip
        clock = {"clock": self._clock_of_loop()} if self.by_loop else {}
        sandbox = Sandbox(path, options, **clock)
        try:
            async with Client(SANDBOX, sandbox.app) as client:

                async def send(request: Request) -> Reply | Lost:
                    self.on_send(request)
                    answered = self.before(request)
                    reply = (
                        self.instead(request, await client.send(self.altered(request)))
                        if answered is None
                        else answered
                    )
                    self.sent.append((request, reply))
                    self.after(request, reply)
                    return reply

                yield send
        finally:
            sandbox.close()

    def _clock_of_loop(self) -> Callable[[], datetime]:
        """The sandbox's clock: it goes with the loop's, and on from where an earlier run has left it."""
        began = max(self.latest, datetime.now(UTC)) - timedelta(seconds=anyio.current_time())

        def clock() -> datetime:
            self.latest = began + timedelta(seconds=anyio.current_time())
            return self.latest

        return clock

    def people(self, rows: Iterable[tuple[str, str]]) -> None:
        """Let these be in the account before anything is sent: address and first name of each."""
        (self.folder / self.sandbox).mkdir(exist_ok=True)
        options = SandboxOptions(host=self.host, demo=self.demo, switches=self.switches)
        with Sandbox(self.folder / self.sandbox / "sandbox.sqlite", options) as sandbox:
            office = Office(sandbox.store, Shapes(self.host), self.switches)
            for email, name in rows:
                body = json.dumps({"contact": {"email": email, "firstName": name}}).encode()
                status, said = office.answer("POST", "contacts", (), body)
                assert status == 201, said

    # ---- jobs

    @property
    def setting(self) -> Setting:
        return Setting(
            Account(sandbox_folder=self.folder / self.sandbox), self.folder / "jobs", self.progress or self.told, "job",
            opened=self.opened, signals=self.signals, clock=self.clock, confirm=self.confirm,
            front_end=FrontEnd.COMMAND_LINE,
        )  # fmt: skip

    def csv(self, rows: Sequence[Sequence[str]], header: str, name: str = "in.csv") -> Path:
        path = self.folder / name
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(header.split(","))
            writer.writerows(rows)
        return path

    def start(self, path: Path, resource: str = "contacts", **options: Any) -> JobResult:
        return run(
            import_.start,
            named(resource),
            path,
            chosen_of(options),
            self.setting,
        )

    def plan(self, path: Path, resource: str = "contacts", **options: Any) -> JobResult:
        """Say what an import would do."""

        async def plan() -> JobResult:
            return await import_.start(named(resource), path, chosen_of(options), self.setting, only_plan=True)

        return run(plan)

    def apply(self, max_age: float = 3600.0, **changes: Any) -> JobResult:
        """Carry out the plan that was made last."""

        async def apply() -> JobResult:
            return await import_.go_on(self.job, changes, self.setting, max_age=max_age)

        return run(apply)

    @property
    def job(self) -> JobFolder:
        return JobFolder(self.folder / "jobs" / "job")

    def resume(self, *, retry: bool = False, **changes: Any) -> JobResult:
        async def go_on() -> JobResult:
            return await import_.go_on(self.job, changes, self.setting, retry=retry)

        return run(go_on)

    def export(self, path: Path, resource: str = "contacts", **options: Any) -> JobResult:
        chosen = ExportOptions(**{"rate": 0, **options})
        return run(export.start, named(resource), path, chosen, self.setting)

    def resume_export(self) -> JobResult:
        return run(export.go_on, self.job, {}, self.setting)

    def export_all(self, directory: Path, **options: Any) -> JobResult:
        return run(all_resources.export_all, directory, ExportOptions(**{"rate": 0, **options}), self.setting)

    def import_all(self, directory: Path, **options: Any) -> JobResult:
        return run(
            all_resources.import_all,
            directory,
            chosen_of(options),
            self.setting,
        )

    def plan_all(self, directory: Path, **options: Any) -> JobResult:
        async def plan() -> JobResult:
            return await all_resources.import_all(directory, chosen_of(options), self.setting, only_plan=True)

        return run(plan)

    def resume_all(self, *, retry: bool = False, max_age: float | None = None) -> JobResult:
        """Go on with a job of many parts, or with `max_age` carry a plan out."""

        async def go_on() -> JobResult:
            return await all_resources.go_on(self.job, {}, self.setting, retry=retry, max_age=max_age)

        return run(go_on)

    def apply_all(self, max_age: float = 3600.0) -> JobResult:
        """Carry out the plan of a folder that was made last."""
        return self.resume_all(max_age=max_age)

    def steps(self, *methods: str) -> list[str]:
        """The steps that were sent, of these methods (default: all that write)."""
        return [
            request.step for request, _reply in self.sent if request.method in (methods or ("POST", "PUT", "DELETE"))
        ]

    def account(self) -> dict[str, Any]:
        return account(self.folder / self.sandbox / "sandbox.sqlite")

    def ask(self, request: str, body: Any = None, query: tuple[tuple[str, str], ...] = ()) -> Reply:
        """Ask the account something aside from any job; nothing of it stands in `sent`."""

        async def ask() -> Reply:
            method, _, path = request.partition(" ")
            async with self.opened(self.setting.access, 0) as send:
                reply = await send(Request("aside", method, path, query, body))
            self.sent.pop()
            assert isinstance(reply, Reply)
            return reply

        on_send, self.on_send = self.on_send, lambda _request: None
        try:
            return run(ask)
        finally:
            self.on_send = on_send


def chosen_of(options: Mapping[str, Any]) -> ImportOptions:
    """Without a limit and one request a step, unless a test says otherwise."""
    engine = "auto" if options.get("no_automations") else "single"
    return ImportOptions(**{"rate": 0, "engine": engine, **options})


@cache
def _new_account(collation: str) -> Path:
    """A new account with what it comes with, made once a process: most tests begin with one."""
    path = Path(tempfile.mkdtemp()) / "new.sqlite"
    Sandbox(path, SandboxOptions(switches=Switches(collation=collation))).close()
    return path


@contextmanager
def crashing(world: World, path: str, after: int = 0) -> Iterator[None]:
    """The process ends when so many requests to a path were answered and another is to be sent."""
    before = len(world.sent)

    def crash(request: Request) -> None:
        if request.path == path and sum(sent.path == path for sent, _reply in world.sent[before:]) >= after:
            raise Crash

    world.on_send = crash
    with suppress(BaseExceptionGroup, Crash):
        yield
    world.on_send = lambda _request: None


def account(path: Path) -> dict[str, Any]:
    """What a sandbox holds by names, ids and dates aside; asked through its API."""

    async def ask() -> dict[str, Any]:
        with Sandbox(path, SandboxOptions(rate=0, key=SANDBOX.key)) as sandbox:
            async with Client(SANDBOX, sandbox.app) as client:
                return await _read(client)

    return run(ask)


async def _read(client: Client) -> dict[str, Any]:
    async def every(plural: str) -> list[dict[str, Any]]:
        result: list[dict[str, Any]] = []
        while True:
            query = (("limit", "100"), ("offset", str(len(result))))
            reply = await client.send(Request("read", "GET", plural, query))
            assert isinstance(reply, Reply)
            page = reply.body[plural]
            result += page
            if len(page) < 100:
                return result

    tags = {tag["id"]: tag["tag"] for tag in await every("tags")}
    lists = {row["id"]: row["name"] for row in await every("lists")}
    accounts = {row["id"]: row["name"] for row in await every("accounts")}
    fields = {row["id"]: row["title"] for row in await every("fields")}
    people = {
        contact["id"]: {name: contact[name] for name in ("email", "firstName", "lastName", "phone")}
        | {"tags": set(), "lists": {}, "account": [], "fields": {}}
        for contact in await every("contacts")
    }
    for link in await every("contactTags"):
        people[link["contact"]]["tags"].add(tags[link["tag"]])
    for link in await every("contactLists"):
        people[link["contact"]]["lists"][lists[link["list"]]] = str(link["status"])
    for link in await every("accountContacts"):
        people[link["contact"]]["account"].append(accounts[link["account"]])
    for value in await every("fieldValues"):
        if value["value"]:
            people[value["contact"]]["fields"][fields[value["field"]]] = value["value"]
    return {
        "contacts": {person.pop("email"): person for person in people.values()},
        "tags": sorted(tags.values()),
        "accounts": sorted(accounts.values()),
    }


# ---- reports

ADDED = {
    "succeeded.csv": ["_row", "_action", "_id"],
    "failed.csv": ["_row", "_status", "_step", "_code", "_error", "_attempts"],
    "skipped.csv": ["_row", "_reason"],
    "unprocessed.csv": ["_row"],
}


def report(folder: Path, name: str) -> list[dict[str, str]]:
    path = folder / name
    if not path.exists():
        return []
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def check_reports(folder: Path, header: str | Sequence[str], kept: Sequence[str] = ()) -> dict[int, dict[str, str]]:
    """Hold a job's files to what is promised of them; gives every row's line by its number.

    `kept` are columns beside that say what the file says of each row.
    """
    summary = json.loads((folder / "summary.json").read_text())
    rows = summary["rows"]
    columns = header.split(",") if isinstance(header, str) else header
    lines: dict[int, dict[str, str]] = {}
    statuses: Counter[str] = Counter()
    for name, own in ADDED.items():
        added = [*own, *kept]
        if not (folder / name).exists():
            assert name in ("skipped.csv", "unprocessed.csv")
            continue
        text = (folder / name).read_text(encoding="utf-8-sig").splitlines()[0]
        titles = next(csv.reader([text]))
        if name == "failed.csv":  # what rows lack or have too much is told in columns of its own
            more = titles[len(columns) + len(added) :]
            assert more in ([*missing, *[""] * len(more[len(missing) :])] for missing in ([], ["_missing"]))
            titles = titles[: len(columns) + len(added)]
        assert titles == [*columns, *added]
        for line in report(folder, name):
            number = int(line["_row"])
            assert number not in lines, f"row {number} stands in two reports"
            lines[number] = line | {"_file": name}
            status = {"succeeded.csv": "succeeded", "skipped.csv": "skipped", "unprocessed.csv": "unprocessed"}.get(
                name
            )
            if name == "succeeded.csv" and line["_action"] == "unchanged":
                status = "unchanged"
            statuses[status or line["_status"]] += 1
    for status in ("succeeded", "unchanged", "rejected", "failed", "in_doubt", "skipped", "unprocessed"):
        assert rows[status] == statuses[status], (status, rows, statuses)
    assert rows["read"] == statuses.total()
    for name in ("skipped", "unprocessed"):
        assert (folder / f"{name}.csv").exists() == (rows[name] > 0)
    return lines
