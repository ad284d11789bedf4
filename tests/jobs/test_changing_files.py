"""The input is saved over, shortened, lengthened, taken away at any moment: every row is sent once, as it was checked.

Moments are counted from the first look at the file to the last report: pieces copied, digests, passes, requests.
`BULK_LONG=1` tries two hundred of them for each way of working.
"""

from __future__ import annotations

import hashlib
import os
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bulk.errors import UnfinishedError, UsageError
from bulk.files.csv.frames import Frames
from bulk.jobs import validate
from bulk.jobs.import_ import ImportOptions
from bulk.jobs.summary import JobResult
from bulk.resources import named
from bulk.storage import input_copy
from tests.scale import tries
from tests.virtual import run
from tests.world import Crash, World, check_reports, report

HEADER = "email,firstName,tags,lists"
ROWS = [(f"p{n}@example.com", f"Name {n}", f"T{n % 3}", "Newsletter" if n % 2 else "") for n in range(12)]
TRIES = tries(4, 200)


def text_of(rows: list[tuple[str, ...]]) -> bytes:
    return "".join(",".join(row) + "\n" for row in [tuple(HEADER.split(",")), *rows]).encode()


def permuted(rows: list[tuple[str, ...]]) -> bytes:
    return text_of(rows[1:] + rows[:1])


@dataclass
class Harm:
    """What is done to a file: one act, or several with moments of the job between them."""

    acts: list[Callable[[Path], object]]
    name: str


def over(path: Path, content: bytes) -> None:
    (path.parent / "new").write_bytes(content)
    (path.parent / "new").replace(path)


def dated_back(path: Path, content: bytes) -> None:
    """Other rows, as many bytes, and the time of the file as it was."""
    stat = path.stat()
    path.write_bytes(content)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def appended(path: Path, content: bytes) -> None:
    with path.open("ab") as file:
        file.write(content)


MORE = text_of([("new@example.com", "New", "T1", "Newsletter")]).splitlines(keepends=True)[-1]
LESS = text_of(ROWS[:5])
OTHER = permuted(ROWS)
HARMS = [
    Harm([lambda path: over(path, OTHER)], "saved over with the rows in another order"),
    Harm([lambda path: over(path, LESS)], "saved over with fewer rows"),
    Harm([lambda path: path.write_bytes(OTHER)], "written anew in place"),
    Harm([lambda path: dated_back(path, OTHER)], "written anew in place under its old date"),
    Harm([lambda path: path.write_bytes(b""), lambda path: path.write_bytes(OTHER[:200]),
          lambda path: path.write_bytes(OTHER)], "written slowly"),
    Harm([lambda path: os.truncate(path, len(LESS))], "cut"),
    Harm([lambda path: appended(path, MORE)], "lengthened"),
    Harm([lambda path: path.unlink()], "deleted"),
]  # fmt: skip
CONTENTS = (text_of(ROWS), OTHER, LESS, text_of(ROWS) + MORE)
VERSIONS = {hashlib.sha256(content).hexdigest(): content for content in CONTENTS}


@dataclass
class Moments:
    """Counts moments, and does harm to a file from a certain one on."""

    path: Path | None = None
    at: int = -1
    harm: Harm | None = None
    seen: int = 0
    left: list[Callable[[Path], object]] = field(default_factory=list)

    def __call__(self, *_: object) -> None:
        self.seen += 1
        if self.harm is not None and self.seen == self.at:
            self.left = list(self.harm.acts)
        if self.left and self.path is not None:
            act = self.left.pop(0)
            with suppress(FileNotFoundError):
                act(self.path)

    # ---- as a progress

    def update(self, _snapshot: object) -> None:
        self()

    def say(self, _line: str) -> None:
        self()


@pytest.fixture
def moments(monkeypatch: pytest.MonkeyPatch) -> Iterator[Moments]:
    """Moments between all that reads the input."""
    result = Moments()
    copy, sha256, frames = os.copy_file_range, input_copy.sha256_of, Frames.__iter__

    def copied(*arguments: int) -> int:
        result()
        return copy(*arguments)

    def digested(path: Path) -> str:
        result()
        return sha256(path)

    def passed(self: Frames) -> Iterator[object]:
        result()
        yield from frames(self)
        result()

    monkeypatch.setattr(os, "copy_file_range", copied)
    monkeypatch.setattr(input_copy, "PIECE", 100)
    monkeypatch.setattr(input_copy, "sha256_of", digested)
    monkeypatch.setattr(Frames, "__iter__", passed)
    return result


@dataclass
class Watched(World):
    """A world whose requests and progress are moments."""

    moments: Moments = field(default_factory=Moments)

    @property
    def setting(self):
        return replace(super().setting, progress=self.moments)


def prepared(folder: Path, patch: pytest.MonkeyPatch, moments: Moments) -> Watched:
    folder.mkdir()
    world = Watched(folder, patch, moments=moments)
    world.on_send = moments
    moments.__init__()  # type: ignore[misc]
    return world


def settled(world: World, work: Callable[[], JobResult], resume: Callable[[], JobResult]) -> JobResult | None:
    """Run a job until it has ended; None if it is refused before it began. Whatever stops it says how it goes on."""
    try:
        job_result = work()
    except UsageError as error:
        refusal = str(error)
    except UnfinishedError:
        return resume()
    else:
        refusal = ""
    if refusal:
        assert any(said in refusal for said in ("nothing was sent", "no such file", "is empty")), refusal
        assert not world.job.path.exists()
        assert not world.steps()
        return None
    if job_result.error is not None:
        assert isinstance(job_result.error, UnfinishedError)
        assert job_result.summary.state == "unfinished"
        return resume()
    return job_result


def check_contacts(world: World, folder: Path, sha256: str) -> None:
    """Hold the reports and the account to the version of the file that was checked."""
    rows = [line.split(",") for line in VERSIONS[sha256].decode().splitlines()[1:]]
    lines = check_reports(folder, HEADER)
    assert [(lines[number]["email"], lines[number]["firstName"]) for number in sorted(lines)] == [
        (row[0], row[1]) for row in rows
    ]
    assert sorted(lines) == list(range(2, len(rows) + 2))
    assert all(line["_action"] == "created" for line in lines.values())
    current = world.account()["contacts"]
    assert {email: (person["firstName"], person["tags"]) for email, person in current.items()} == {
        row[0]: (row[1], {row[2]}) for row in rows
    }
    made: Counter[str] = Counter()
    ids = {}
    for request, reply in world.sent:
        if request.path == "contact/sync":
            made[request.body["contact"]["email"]] += 1
            ids[request.body["contact"]["email"]] = str(reply.body["contact"]["id"])
    assert set(made.values()) == {1}
    assert {line["email"]: line["_id"] for line in report(folder, "succeeded.csv")} == ids


def total(world: Watched, work: Callable[[], object]) -> int:
    """How many moments an undisturbed run has."""
    work()
    return world.moments.seen


def chosen(seed: int, count: int) -> list[tuple[int, Harm]]:
    chance = random.Random(seed)
    return [(chance.randint(1, count), HARMS[n % len(HARMS)]) for n in range(TRIES)]


def test_an_import_whose_file_changes_at_any_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moments: Moments):
    """Every second file was written just before, so that its date tells nothing."""
    world = prepared(tmp_path / "undisturbed", monkeypatch, moments)
    path = world.folder / "in.csv"
    path.write_bytes(text_of(ROWS))
    count = total(world, lambda: world.start(path))
    seen: Counter[str] = Counter()
    for number, (at, harm) in enumerate(chosen(1, count)):
        world = prepared(tmp_path / str(number), monkeypatch, moments)
        path = world.folder / "in.csv"
        path.write_bytes(text_of(ROWS))
        if number % 2:
            os.utime(path, (1e9, 1e9))
        moments.path, moments.at, moments.harm = path, at, harm
        job_result = settled(world, lambda world=world, path=path: world.start(path), world.resume)
        seen["refused" if job_result is None else "done"] += 1
        if job_result is not None:
            noted = world.job.record().input
            assert noted
            assert job_result.summary.complete, (at, harm.name)
            check_contacts(world, world.job.path, noted.sha256)
            assert not world.job.file("input.csv").exists()
    assert seen["done"] >= TRIES / 2
    print(f"import: {TRIES} moments of {count}, {dict(seen)}")  # noqa: T201 - shown by -s


def test_a_resume_of_a_job_that_was_killed_and_whose_file_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moments: Moments
):
    chance = random.Random(2)
    resumed = 0
    for number in range(TRIES):
        world = prepared(tmp_path / str(number), monkeypatch, moments)
        path = world.folder / "in.csv"
        path.write_bytes(text_of(ROWS))
        kill = chance.randint(1, 40)

        def send(_request: object, world: Watched = world, kill: int = kill) -> None:
            if len(world.sent) == kill:
                raise Crash

        world.on_send = send
        with suppress(BaseExceptionGroup, Crash):
            world.start(path)
        world.on_send = moments
        for act in HARMS[number % len(HARMS)].acts:
            act(path)
        if not world.job.path.exists() or world.job.state == "finished":
            continue
        resumed += 1
        answered = {r.body["contact"]["email"] for r, _ in world.sent if r.path == "contact/sync"}
        job_result = world.resume()
        assert job_result.summary.complete
        lines = check_reports(world.job.path, HEADER)
        assert [lines[n]["email"] for n in sorted(lines)] == [row[0] for row in ROWS]
        again = [r.body["contact"]["email"] for r, _ in world.sent if r.path == "contact/sync"]
        assert set(again) == {row[0] for row in ROWS}
        assert len(again) <= len(ROWS) + len(answered)
        assert {e: p["firstName"] for e, p in world.account()["contacts"].items()} == {r[0]: r[1] for r in ROWS}
    assert resumed
    print(f"killed and resumed: {resumed} of {TRIES}")  # noqa: T201


def test_a_validation_whose_file_changes_at_any_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moments: Moments
):
    sizes = {text.count(b"\n") - 1 for text in CONTENTS}

    def validated(world: Watched, path: Path):
        options = ImportOptions(rate=0)
        return run(lambda: validate.validate(named("contacts"), path, options, world.setting, offline=False))

    world = prepared(tmp_path / "undisturbed", monkeypatch, moments)
    path = world.folder / "in.csv"
    path.write_bytes(text_of(ROWS))
    count = total(world, lambda: validated(world, path))
    refused = 0
    for number, (at, harm) in enumerate(chosen(3, count)):
        world = prepared(tmp_path / str(number), monkeypatch, moments)
        path = world.folder / "in.csv"
        path.write_bytes(text_of(ROWS))
        moments.path, moments.at, moments.harm = path, at, harm
        try:
            findings = validated(world, path)
        except UsageError as error:
            assert "nothing was sent" in str(error) or "no such file" in str(error) or "is empty" in str(error)  # noqa: PT017
            refused += 1
            continue
        assert findings.tally.read in sizes
        assert not findings.issues
    print(f"validate: {TRIES} moments of {count}, {refused} refused")  # noqa: T201


def test_an_import_of_a_folder_whose_files_change_at_any_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moments: Moments
):
    def folder_of(world: Watched) -> Path:
        folder = world.folder / "all"
        folder.mkdir()
        (folder / "contacts.csv").write_bytes(text_of(ROWS))
        (folder / "tags.csv").write_text("tag,tagType\nZ1,contact\nZ2,contact\n")
        return folder

    world = prepared(tmp_path / "undisturbed", monkeypatch, moments)
    folder = folder_of(world)
    count = total(world, lambda: world.import_all(folder))
    seen: Counter[str] = Counter()
    for number, (at, harm) in enumerate(chosen(4, count)):
        world = prepared(tmp_path / str(number), monkeypatch, moments)
        folder = folder_of(world)
        moments.path, moments.at, moments.harm = folder / "contacts.csv", at, harm
        job_result = settled(world, lambda world=world, folder=folder: world.import_all(folder), world.resume_all)
        seen["refused" if job_result is None else "done"] += 1
        if job_result is not None:
            part = world.job.file("contacts")
            noted = type(world.job)(part).record().input
            assert noted
            assert job_result.summary.complete, (at, harm.name)
            check_contacts(world, part, noted.sha256)
            assert {"Z1", "Z2"} <= set(world.account()["tags"])
    assert seen["done"]
    print(f"import all: {TRIES} moments of {count}, {dict(seen)}")  # noqa: T201
