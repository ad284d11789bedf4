"""Compare: what differs between two exports, two folders of them, or a file or folder and the account itself.

Files are copied before they are read, so that what is said of them is of one moment. Nothing is asked of the account
but what an export asks.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import anyio
import anyio.to_thread

from bulk.errors import UnfinishedError, UsageError
from bulk.files.difference import Difference, What
from bulk.files.named_file import NamedFile
from bulk.files.opening import open_sink
from bulk.jobs.compare_inputs import Folder, custom_columns, fields_in, folder_at, resource_told
from bulk.jobs.compare_live import Live
from bulk.jobs.compare_tables import Tables, Told, check_ignored, compare_tables, key_of, source_of
from bulk.jobs.comparison import TITLES, ComparedResource, Comparison
from bulk.jobs.options import CompareOptions
from bulk.planning.names import CustomField
from bulk.resources import RESOURCES
from bulk.resources.spec import Resource
from bulk.runtime.progress import CHECKING, Progress, Snapshot
from bulk.storage.input_copy import take

STDOUT: Final = "-"


Place = Path | Live | None  # a file or a folder, the account, or standard input
Output = Path | Literal["-"] | None


@dataclass(slots=True)
class _Run:
    """One comparison: what every part of it needs. `left` is set once nobody waits for it any more."""

    options: CompareOptions
    place: Path
    told: Told
    progress: Progress
    left: threading.Event = field(default_factory=threading.Event)
    rows: int = 0

    def more(self, rows: int) -> None:
        """Tell that so many more rows were read; end the thread that says it, if it is not waited for."""
        if self.left.is_set():
            raise UnfinishedError("stop_requested")
        self.rows += rows
        self.progress.update(Snapshot(CHECKING, self.rows))


async def compare(
    a: Place, b: Place, options: CompareOptions, *, output: Output = None, progress: Progress
) -> Comparison:
    """Compare A with B; the differences are written to `output` as well, whole or not at all.

    Raises `UsageError` for what cannot be compared, and what keeps an export from its end.
    """
    await anyio.to_thread.run_sync(_check, a, b, output)
    with tempfile.TemporaryDirectory(prefix="bulk-") as name:
        run = _Run(options, Path(name), Told(), progress)
        work = await _folders(a, b, run) if _is_folder(a) or _is_folder(b) else await _files(a, b, run)
        try:
            return await anyio.to_thread.run_sync(_written, work, run, output)
        finally:
            run.left.set()


def _is_folder(place: Place) -> bool:
    return isinstance(place, Path) and place.is_dir()


def _check(a: Place, b: Place, output: Output) -> None:
    """Raise `UsageError` for what cannot be compared with each other, and for a place that cannot be written to."""
    if a is None and b is None:
        raise UsageError("compare_stdin_twice")
    if isinstance(a, Live) and isinstance(b, Live):
        raise UsageError("compare_live_twice")
    both = [place for place in (a, b) if not isinstance(place, Live)]
    for place in both:
        if place is not None and not place.exists():
            raise UsageError("input_missing", file=place)
    if len(both) == 2 and _is_folder(both[0]) != _is_folder(both[1]):
        raise UsageError("compare_folder_with_file")
    if isinstance(output, Path):
        if output.is_dir():
            raise UsageError("output_is_folder", folder=output, example=output / "differences.csv")
        if not output.parent.is_dir():
            raise UsageError("output_folder_missing", folder=output.parent)
        if any(place is not None and output.exists() and output.samefile(place) for place in both):
            raise UsageError("compare_output_is_input", file=output)


@dataclass(slots=True)
class _Work:
    """What is to be compared: the tables, each of which `files` may copy first, and what only one side has."""

    tables: list[Tables]
    only: tuple[dict[str, str], dict[str, str]] = field(default_factory=lambda: ({}, {}))  # and why the other has not


# ---- two files


async def _files(a: Place, b: Place, run: _Run) -> _Work:
    """Two files of one resource; the account is exported into one."""
    taken = [await _taken(a, run.place / "a.csv"), await _taken(b, run.place / "b.csv")]
    known = [file for file in taken if file is not None]
    resource = await anyio.to_thread.run_sync(_resource, known, run.options)
    key_of(resource, run.options)  # before an account is read for nothing
    fields: tuple[CustomField, ...] = ()
    live = next((at for at, place in enumerate((a, b)) if isinstance(place, Live)), None)
    for at, place in enumerate((a, b)):
        if isinstance(place, Live):
            taken[at], fields = await place.file(resource, run.place)
    for file in known:
        source = await anyio.to_thread.run_sync(source_of, file, run.options, resource.columns)
        run.progress.say(f"{file}: {source.describe()}")
    first, second = (file for file in taken if file is not None)
    custom = custom_columns(resource, [fields], run.options.separator)
    return _Work([Tables(resource, (first, second), custom, live)])


async def _taken(place: Place, target: Path) -> NamedFile | None:
    return None if isinstance(place, Live) else (await take(place, target)).file


def _resource(files: list[NamedFile], options: CompareOptions) -> Resource:
    headers = (source_of(file, options).header for file in files)
    return resource_told(options.resource, [Path(str(file)) for file in files], headers)


# ---- two folders


async def _folders(a: Place, b: Place, run: _Run) -> _Work:
    """The files of two folders, resource by resource; the account is exported into one."""
    told = run.options.resource
    chosen = (resource_told(told, (), ()),) if told else RESOURCES
    if run.options.key not in ("", "id"):
        raise UsageError("compare_key_of_one_resource", key=run.options.key)
    folders = [await _folder(place, run) for place in (a, b)]
    for folder in folders:
        for line in _remarks(folder):
            run.progress.say(line)
    work = _Work([])
    for resource in chosen:
        name = resource.name
        there = [folder.files.get(name) for folder in folders]
        if there[0] is not None and there[1] is not None:
            first = await take(there[0], run.place / f"{name}-a.csv")
            second = await take(there[1], run.place / f"{name}-b.csv")
            fields = [await anyio.to_thread.run_sync(fields_in, folder, resource) for folder in folders]
            custom = custom_columns(resource, fields, run.options.separator)
            work.tables.append(Tables(resource, (first.file, second.file), custom))
        for side, (own, other) in enumerate(zip(there, reversed(there), strict=True)):
            if own is not None and other is None:
                work.only[side][name] = folders[1 - side].left_out.get(name, "")
    return work


async def _folder(place: Place, run: _Run) -> Folder:
    if isinstance(place, Live):
        place = await place.folder(run.place)
    assert place is not None  # noqa: S101 - no folder is standard input
    return await anyio.to_thread.run_sync(folder_at, place)


def _remarks(folder: Folder) -> Iterator[str]:
    """What a person should know of a folder."""
    if folder.account:
        yield f"{folder.path.name}: {folder.account}"
    for name in folder.changed:
        yield f"{folder.path.name}: {name}.csv was changed since it was exported; it is compared as it is now."
    for name in folder.strange:
        yield f"{folder.path.name}: {name}.csv is not of this export, as its manifest says, and is left out."


# ---- comparing


def _written(work: _Work, run: _Run, output: Output) -> Comparison:
    """Compare, with the differences in a file if one is asked for."""
    with _opened(run.told, output):
        return _compared(work, run, output)


@contextmanager
def _opened(told: Told, output: Output) -> Iterator[None]:
    if output is None:
        yield
        return
    with open_sink(None if output == STDOUT else Path(output), TITLES) as told.sink:
        yield


def _compared(work: _Work, run: _Run, output: Output) -> Comparison:
    headers = {tables.resource.name: [s.header for s in tables.sources(run.options)] for tables in work.tables}
    check_ignored(run.options.ignore, [title for both in headers.values() for header in both for title in header])
    for side, what in enumerate((What.FILE_ONLY_IN_A, What.FILE_ONLY_IN_B)):
        for name, why in work.only[side].items():
            run.told.take(Difference(what, name, a=why if side else "", b="" if side else why))
    results: dict[str, ComparedResource] = {}
    for tables in work.tables:
        results[tables.resource.name] = compare_tables(tables, run.options, run.place, run.told, run.more)
        for file in tables.files:
            file.path.unlink()
    return Comparison(
        results, tuple(work.only[0]), tuple(work.only[1]), tuple(run.told.first), run.told.count,
        output if isinstance(output, Path) else None,
    )  # fmt: skip
