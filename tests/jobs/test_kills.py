"""Real processes, killed or interrupted when the server has seen so many requests: one effect a row."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Timer

import pytest
from filelock import FileLock

from bulk.sandbox.app import Sandbox, SandboxOptions
from bulk.sandbox.seed import seed
from tests.scale import tries
from tests.served import KEY, Served
from tests.started import PYTHONPATH
from tests.world import account, check_reports, report

HEADER = "email,firstName,tags,lists,account"
ROWS = "".join(
    f"p{n}@example.com,Name {n},VIP|{n % 7},{('Newsletter', 'Customers', '')[n % 3]},{('', f'Firm {n % 5}')[n % 2]}\n"
    for n in range(60)
)
ONCE = ("tags", "accounts", "accountContacts")  # what may not be made twice


@dataclass
class Place:
    folder: Path
    served: Served
    forks: subprocess.Popen[str]

    @property
    def environment(self) -> dict[str, str]:
        return {
            "MATON_API_KEY": KEY, "BULK_BASE_URL": self.served.address, "NO_PROXY": "127.0.0.1",
            "XDG_STATE_HOME": str(self.folder / "state"),
        }  # fmt: skip

    def run(
        self, *arguments: str, number: int = 0, after: int | None = None, later: float = 0.0, answered: bool = True
    ) -> tuple[int, str, str]:
        """Run to its end; `number` is the signal it is sent once the server has seen `after` more requests.

        `later`: so many seconds after that, wherever the process is by then. `answered` False: from then on it is
        answered nothing, and has to end without.
        """
        out, err = self.folder / "out.txt", self.folder / "err.txt"
        at = len(self.served.log) + (after or 0)
        order = {"arguments": arguments, "folder": str(self.folder), "environment": self.environment}
        assert self.forks.stdin
        assert self.forks.stdout
        started, ended, process = Event(), Event(), -1

        def send() -> None:
            assert started.wait(60)  # the first request may come before its number
            with suppress(ProcessLookupError):  # it has ended in between
                os.kill(process, number)
            assert answered or ended.wait(60)

        timer = Timer(later, send)
        if after is not None:
            self.served.on_request = lambda seen: (timer.start() if later else send()) if seen == at else None
        self.forks.stdin.write(json.dumps(order | {"out": str(out), "err": str(err)}) + "\n")
        self.forks.stdin.flush()
        process = int(self.forks.stdout.readline())
        started.set()
        code = int(self.forks.stdout.readline())
        ended.set()
        self.served.on_request = lambda _seen: None
        timer.cancel()
        return code, out.read_text(), err.read_text()

    @property
    def job(self) -> Path:
        return self.folder / "bulk-jobs" / "job"

    def receipts(self) -> set[tuple[int, str]]:
        """Rows that ended and steps that were answered, as the checkpoint has them."""
        if not (self.job / "checkpoint.sqlite").exists():
            return set()
        database = sqlite3.connect(self.job / "checkpoint.sqlite")
        try:
            steps = database.execute("SELECT row, step FROM steps WHERE verdict IS NOT NULL").fetchall()
            return {*steps, *((row, "") for (row,) in database.execute("SELECT row FROM rows"))}
        finally:
            database.close()


@pytest.fixture
def place(tmp_path: Path, forks: subprocess.Popen[str]) -> Iterator[Place]:
    (tmp_path / "in.csv").write_text(f"{HEADER}\n{ROWS}")
    with Served(tmp_path / "served", latency=0.002) as served:
        yield Place(tmp_path, served, forks)


IMPORT = ("import", "contacts", "in.csv", "--rate", "0", "--separator", "|", "--job", "job", "-q")


@pytest.fixture(scope="module")
def undisturbed(
    tmp_path_factory: pytest.TempPathFactory, forks: subprocess.Popen[str]
) -> tuple[dict[str, object], Counter[tuple[str, str]]]:
    folder = tmp_path_factory.mktemp("undisturbed")
    (folder / "in.csv").write_text(f"{HEADER}\n{ROWS}")
    with Served(folder / "served") as served:
        assert Place(folder, served, forks).run(*IMPORT)[0] == 0
        return account(served.path), Counter((method, path) for method, path, _status in served.log)


@pytest.mark.parametrize("number", range(tries(1, 20)))
def test_an_import_killed_ten_times_ends_as_if_nothing_had_happened(
    place: Place, number: int, undisturbed: tuple[dict[str, object], Counter[tuple[str, str]]]
):
    chance = random.Random(number)
    kills = 0
    begun = False
    while kills < 10:
        line = ("resume", "job", "--rate", "0", "-q") if begun else IMPORT
        code, _out, err = place.run(*line, number=signal.SIGKILL, after=chance.randint(2, 30 if begun else 60))
        if code == 0:
            break
        assert code == -signal.SIGKILL, err
        kills += 1
        begun = (place.job / "job.json").exists()
        if not begun and place.job.exists():
            raise AssertionError("a folder without a job is left")
    if kills == 10:
        code, _out, err = place.run("resume", "job", "--rate", "0", "-q")
        assert code == 0, err
    assert kills == 10
    expected, requests = undisturbed
    assert account(place.served.path) == expected
    lines = check_reports(place.job, HEADER)
    assert len(lines) == 60
    assert {line["_file"] for line in lines.values()} == {"succeeded.csv"}
    for row, line in lines.items():
        assert line["email"] == f"p{row - 2}@example.com"
    made = Counter(path for method, path, status in place.served.log if method == "POST" and status == 201)
    for path in ONCE:
        assert made[path] == requests["POST", path], f"{path}: nothing is made twice"
    sent = Counter(path for method, path, _status in place.served.log if method == "POST")
    in_flight = 8  # what may be on its way when a process dies
    for path in ("contact/sync", "contactTags", "contactLists"):
        assert sent[path] <= requests["POST", path] + kills * in_flight


def test_what_has_a_receipt_is_not_sent_again(place: Place):
    place.run(*IMPORT, number=signal.SIGKILL, after=90)
    place.served.wait_until_quiet()
    known = place.receipts()
    assert known
    tags = sum(step.startswith("tag ") for _row, step in known)
    entire = sum(step == "" for _row, step in known)
    before = len(place.served.log)
    assert place.run("resume", "job", "--rate", "0", "-q")[0] == 0
    again = Counter(path for method, path, _status in place.served.log[before:] if method == "POST")
    contacts = {row for row, step in known if step in ("", "contact")}
    assert again["contact/sync"] == 60 - len(contacts)
    assert again["contactTags"] == 120 - tags - 2 * entire


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_drains_and_says_how_to_go_on(
    place: Place, number: int, code: int, undisturbed: tuple[dict[str, object], Counter[tuple[str, str]]]
):
    ended, out, err = place.run(*(part for part in IMPORT if part != "-q"), number=number, after=80)
    assert ended == code, err
    assert "Traceback" not in err
    assert err.splitlines()[-1] == "  bulk resume job"
    lines = check_reports(place.job, HEADER)
    counts = Counter(line["_file"] for line in lines.values())
    assert counts["unprocessed.csv"] > 20
    assert counts["failed.csv"] == 0, "what was on its way was waited for"
    assert f"{counts['unprocessed.csv']} not finished (" in out
    assert " begun, " in out
    assert sorted(int(line["_row"]) for line in report(place.job, "unprocessed.csv")) == [
        row for row, line in sorted(lines.items()) if line["_file"] == "unprocessed.csv"
    ]
    assert place.run("resume", "--rate", "0", "-q")[0] == 0
    assert account(place.served.path) == undisturbed[0]
    assert not (place.job / "unprocessed.csv").exists()


def test_a_second_signal_leaves_at_once(tmp_path: Path, forks: subprocess.Popen[str]):
    (tmp_path / "in.csv").write_text(f"{HEADER}\n{ROWS}")
    with Served(tmp_path / "served") as served:
        place = Place(tmp_path, served, forks)
        line = [sys.executable, "-m", "bulk", *(part for part in IMPORT if part != "-q")]
        environment = os.environ | place.environment | {"PYTHONPATH": PYTHONPATH}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        with subprocess.Popen(line, cwd=tmp_path, env=environment, **pipes) as process:
            assert process.stderr
            assert any("60 rows" in said for said in process.stderr)
            gone = Event()

            def stop(seen: int) -> None:
                if [path for _method, path, _status in served.log[:seen]].count("contact/sync") >= 4:
                    served.on_request = lambda _seen: None
                    process.send_signal(signal.SIGINT)
                    assert gone.wait(60)  # nothing is answered any more: what is on its way stays there

            served.on_request = stop
            try:
                assert any("Once more leaves at once" in said for said in process.stderr)
                process.send_signal(signal.SIGINT)
                out, err = process.communicate(timeout=60)
            finally:
                gone.set()
        assert process.returncode == 130, err
        assert "bulk resume job" in err
        assert "Traceback" not in err
        assert "in doubt" in out
    check_reports(place.job, HEADER)


def test_a_signal_before_the_first_row_leaves_nothing(place: Place):
    code, out, err = place.run(*IMPORT, number=signal.SIGINT, after=1, answered=False)
    assert code == 130, (out, err, place.served.log[:9])
    assert "Traceback" not in err
    assert not place.job.exists() or "bulk resume job" in err


def test_a_lock_whose_owner_was_killed_is_free_even_if_its_number_lives_on(place: Place):
    code, _out, err = place.run(*IMPORT, number=signal.SIGKILL, after=80)
    assert code == -signal.SIGKILL, err
    lock = place.job / "lock"
    assert lock.exists()
    lock.write_text(str(os.getpid()))  # as if the number of the dead process were that of a living one by now
    with FileLock(lock):
        assert place.run("resume", "job", "--rate", "0", "-q")[0] == 4, "held by a living process, this one"
    code, _out, err = place.run("resume", "job", "--rate", "0", "-q")
    assert code == 0, err


def test_an_export_killed_and_resumed_repeats_only_what_was_on_its_way(place: Place):
    with Sandbox(place.served.path, SandboxOptions()) as sandbox:
        seed(sandbox.store, 2500)
    line = ("export", "contacts", "out.csv", "--rate", "0", "--job", "job", "-q")
    assert place.run("export", "contacts", "whole.csv", "--rate", "0", "-q")[0] == 0
    pages = sum(path == "contacts" for _method, path, _status in place.served.log)
    place.served.log.clear()
    kills = 0
    for after in (9, 10, 10):
        code, _out, err = place.run(*line, number=signal.SIGKILL, after=after)
        assert code == -signal.SIGKILL, err
        assert not list(place.folder.glob("out.csv"))
        kills += 1
        line = ("resume", "job", "--rate", "0", "-q")
    assert place.run(*line)[0] == 0
    assert (place.folder / "out.csv").read_bytes() == (place.folder / "whole.csv").read_bytes()
    again = sum(path == "contacts" for _method, path, _status in place.served.log)
    assert again <= pages + kills * 8 + kills
