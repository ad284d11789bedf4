"""Fleets on Dask, played: accounts that are sandboxes on loopback ports, workers in processes of their own."""

from __future__ import annotations

import csv
import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import anyio

from bulk.fleet.dask_place import COMES_BACK, DaskPlace, dask_place
from bulk.fleet.dask_run import DaskRun
from bulk.fleet.fleet_folder import AccountState, FleetFolder, FleetRecord
from bulk.fleet.running import FleetRun
from bulk.fleet.steps import Step
from tests.served import KEY, Served

TOKEN = "BULK_TEST_TOKEN"  # noqa: S105 - the name of a variable
PEOPLE = Step("import", "contacts", "{account}/people.csv", {"rate": 0.0, "engine": "single"})
NOTES = Step(
    "import", "notes", "{account}/notes.csv", {"rate": 0.0, "mode": "create"}
)  # what is there counts for nothing
OUT = Step("export", "contacts", "out/{account}.csv", {"rate": 0.0})
OTHER = ("id", "_id", "_attempts", "cdate", "udate", "mdate")
Rows = dict[tuple[str, str, str], list[tuple[tuple[str, str], ...]]]


@contextmanager
def cluster(folder: Path, workers: int = 2, threads: int = 4) -> Iterator[str]:
    """A scheduler and its workers, as `--on` names them; they find keys and each other's limits in the environment."""
    import dask
    from distributed import LocalCluster

    given = {TOKEN: KEY, "XDG_STATE_HOME": str(folder / "state")}
    before = {name: os.environ.get(name) for name in given}
    os.environ |= given
    try:
        with dask.config.set(COMES_BACK), LocalCluster(
            n_workers=workers, threads_per_worker=threads, processes=True, dashboard_address=":0", host="127.0.0.1",
            memory_limit=0, silence_logs=50,
        ) as local:  # fmt: skip
            yield local.scheduler_address.replace("tcp://", "dask://")
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.__setitem__(name, value)


class Played:
    """A fleet of so many accounts, each a sandbox of its own with people and notes to import.

    `made` counts, by account, the notes that were accepted, by their text.
    """

    def __init__(self, folder: Path, names: Sequence[str], rows: int, steps: Sequence[Step] = (PEOPLE, NOTES, OUT)):
        self.path = folder
        self.names = tuple(names)
        self.made: dict[str, Counter[str]] = {name: Counter() for name in names}
        self.served: dict[str, Served] = {}
        self._rows = rows
        self._steps = tuple(steps)

    @contextmanager
    def served_all(self, **options: object) -> Iterator[FleetFolder]:
        with ExitStack() as stack:
            lines = []
            for name in self.names:
                (self.path / "boxes").mkdir(exist_ok=True)
                served = Served(self.path / "boxes" / name, host=f"{name}.example.com", **options)
                served.on_answer = self._counting(name)
                self.served[name] = stack.enter_context(served)
                lines.append(f'[accounts.{name}]\nurl = "{served.address}"\ntoken_env = "{TOKEN}"\n')
                self._write(name)
            (self.path / "bulk.toml").write_text("".join(lines))
            (self.path / "f.toml").write_text("")
            record = FleetRecord(str(self.path / "f.toml"), self.names, self._steps, str(self.path / "bulk.toml"))
            yield FleetFolder.create(self.path / "jobs", "f", record)

    def _write(self, name: str) -> None:
        place = self.path / name
        place.mkdir(exist_ok=True)
        people = "".join(f"p{n}@{name}.example.com,N{n}\n" for n in range(self._rows))
        (place / "people.csv").write_text(f"email,firstName\n{people}")
        notes = "".join(f"{name} note {n},p{n}@{name}.example.com,Subscriber\n" for n in range(self._rows))
        (place / "notes.csv").write_text(f"note,contact_email,reltype\n{notes}")

    def _counting(self, name: str) -> Any:
        def count(scope: dict[str, Any], answer: Any) -> Any:
            status, _headers, body = answer
            if scope["method"] == "POST" and scope["path"].endswith("/notes") and status in (200, 201):
                self.made[name][json.loads(body)["note"]["note"]] += 1
            return answer

        return count

    def sent(self, name: str, tail: str) -> int:
        """How many writes to a path were accepted."""
        return sum(
            method == "POST" and path.endswith(tail) and 200 <= status < 300
            for method, path, status in self.served[name].log
        )

    def doubled_or_missing(self) -> list[str]:
        """The notes that are not there exactly once, as the accounts' own answers say."""
        expected = {name: [f"{name} note {n}" for n in range(self._rows)] for name in self.names}
        return [
            f"{note}: {self.made[name][note]}"
            for name, notes in expected.items()
            for note in {*notes, *self.made[name]}
            if self.made[name][note] != (note in notes)
        ]


def on_dask(
    folder: FleetFolder, on: str, accounts: Sequence[str], told: Any = lambda _state: None, **more: Any
) -> Mapping[str, AccountState]:
    run = DaskRun(folder, accounts, place_at(on), more.get("max_failures"), told, more.get("say", lambda _text: None))
    return anyio.run(lambda: run.run(signals=False))


def place_at(on: str, **more: Any) -> DaskPlace:
    return dask_place(on, more.get("workers"), more.get("threads", 4), 2)


def on_this_machine(folder: FleetFolder, accounts: Sequence[str]) -> Mapping[str, AccountState]:
    run = FleetRun(folder, accounts, processes=1, at_once=8, max_failures=None, told=lambda _state: None)
    return anyio.run(lambda: run.run(signals=False))


def reported(folder: FleetFolder, *aside: str) -> Rows:
    """Each row of each report, by account, job and report; ids and dates aside, and what else differs lawfully."""
    result: Rows = {}
    for path in sorted(folder.path.glob("*/*/*.csv")):
        if path.name == "input.csv":
            continue
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [
                tuple(sorted((k, v) for k, v in row.items() if k not in (*OTHER, *aside)))
                for row in csv.DictReader(file)
            ]
        result[path.parts[-3], path.parts[-2], path.name] = sorted(rows)
    return result
