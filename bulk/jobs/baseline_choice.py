"""Which export a file was made of: the one that is named, or that of this account which the file's cells fit best.

An id column alone proves nothing, other programs have one too: the rows have to say what the export said of those ids.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from bulk.errors import UsageError
from bulk.files.matching import Match, Needs, match_header
from bulk.files.opening import OURS, SourceOptions, open_source
from bulk.files.source import Record, Source
from bulk.jobs.import_job import Job
from bulk.jobs.prepared import Prepared
from bulk.planning.names import Names, columns_of
from bulk.resources.spec import normalise
from bulk.storage.baseline import BASELINE_CSV
from bulk.storage.job_folders import all_jobs, find_job

AUTO: Final = "auto"
NONE: Final = "none"
_LOOKED_AT: Final = 10  # exports, the newest
_SAMPLE: Final = 10_000  # rows of a file that are held against them
_MOST: Final = 0.9  # of the rows of known ids, how many have to say what the export did of those
_HALF: Final = 0.5  # the same of an export that was named: ids may be alike by chance, and people would be renamed


@dataclass(frozen=True, slots=True)
class Chosen:
    """An export that a file was made of: its rows, what its columns are, and what people call it."""

    source: Source
    match: Match
    name: str


@dataclass(frozen=True, slots=True)
class _Fit:
    """How a file fits an export: whether it was made of it, all its columns are there, and how many cells are alike."""

    made_of: bool
    covered: bool = False
    alike: int = 0


def chosen_export(job: Job, prepared: Prepared) -> Chosen | None:
    """The export that a job's file was made of, None if there is none to go by. Raises `UsageError` for a named one."""
    asked = job.options.baseline
    if asked not in (AUTO, NONE):
        return _named(job, prepared, asked)
    if asked == NONE or prepared.match.id_at is None or not usable(job):
        return None
    sample = [record.cells for record in islice(_sound(prepared.source), _SAMPLE)]
    best: tuple[bool, int] = (False, -1)
    result: Chosen | None = None
    for folder, name in islice(_exports(job, prepared.names), _LOOKED_AT):
        chosen = _opened(job, prepared, folder / BASELINE_CSV, name, OURS)
        fit = _Fit(made_of=False) if chosen is None else _fit(sample, prepared.match, chosen)
        if fit.made_of and (fit.covered, fit.alike) > best:  # of those that fit alike, the newest
            best, result = (fit.covered, fit.alike), chosen
    return result


def usable(job: Job) -> bool:
    """Whether the rows of a job may be edits of an export's."""
    options = job.options
    return options.mode in ("upsert", "update") and options.on_duplicate != "all" and not job.translations.foreign


def _named(job: Job, prepared: Prepared, asked: str) -> Chosen:
    if not usable(job):
        raise UsageError("baseline_useless")
    if prepared.match.id_at is None:
        raise UsageError("baseline_without_ids")
    try:
        folder = find_job(job.setting.jobs, asked)
    except UsageError:
        if not Path(asked).exists():
            raise UsageError("baseline_unknown", baseline=asked, folder=job.setting.jobs) from None
        path, options = Path(asked), SourceOptions()
    else:
        record = folder.record()
        part = job.resource.name if record.parts else "."
        path, options = folder.path / part / BASELINE_CSV, OURS
        if record.kind != "export" or (not record.parts and record.resource != job.resource.name):
            raise UsageError("baseline_of_another", job=folder.name, resource=job.resource.name)
        if not path.exists():
            raise UsageError("baseline_not_kept", job=folder.name)
    chosen = _opened(job, prepared, path, asked, options)
    if chosen is None:
        raise UsageError("baseline_unlike", baseline=asked)
    sample = [record.cells for record in islice(_sound(prepared.source), _SAMPLE)]
    if sample and not _fit(sample, prepared.match, chosen, lenient=True).made_of:
        raise UsageError("baseline_unlike", baseline=asked)
    return chosen


def _exports(job: Job, names: Names) -> Iterator[tuple[Path, str]]:
    """Where finished exports of this resource and account kept what their cells held, the newest first."""
    access, resource = job.setting.access, job.resource.name
    for folder in reversed(all_jobs(job.setting.jobs)):
        record = folder.record()
        if record.kind != "export" or folder.state != "finished":
            continue
        if (record.place, record.connection) != (access.place, access.connection):
            continue
        if record.account and names.host and record.account != names.host:
            continue
        within = folder.path / resource if record.parts else folder.path
        if (record.parts or record.resource == resource) and (within / BASELINE_CSV).exists():
            yield within, folder.name


def _opened(job: Job, prepared: Prepared, path: Path, name: str, options: SourceOptions) -> Chosen | None:
    """An export's rows as this account understands them; None of a file that has no ids, or is no such file."""
    try:
        source = open_source(path, options, job.resource.columns)
        columns = columns_of(job.resource, prepared.names, job.options.separator)
        match = match_header(source.header, columns, ignore_unknown=True, needs=Needs("id", "update"))
    except UsageError:
        return None
    return None if match.id_at is None else Chosen(source, match, name)


def _sound(source: Source) -> Iterator[Record]:
    return (record for record in source.records() if record.problem is None)


def _fit(sample: Sequence[Sequence[str]], match: Match, chosen: Chosen, *, lenient: bool = False) -> _Fit:
    """How rows fit an export; `lenient`: it was named, so half of the rows are enough."""
    assert match.id_at is not None and chosen.match.id_at is not None  # noqa: S101, PT018 - asked before
    pairs = _pairs(match, chosen)
    here, there = match.index("email"), chosen.match.index("email")
    address = None if here is None or there is None else (here, there)  # beside its id it is proof enough
    rows = {cells[match.id_at].strip(): cells for cells in sample}
    ids = sum(bool(identity) for identity in rows)
    known = fitting = alike = 0
    for record in _sound(chosen.source):
        cells = rows.get(record.cells[chosen.match.id_at].strip())
        if cells is None or not record.cells[chosen.match.id_at].strip():
            continue
        known += 1
        said = [(cells[here], record.cells[there]) for here, there in pairs]
        said = [pair for pair in said if pair[0].strip() or pair[1].strip()]
        same = sum(here == there for here, there in said)
        alike += same
        of_one = address is not None and cells[address[0]].strip() == record.cells[address[1]].strip() != ""
        fitting += of_one or (same * 2 >= len(said) and (same > 1 or same == len(said)))
    covered = {column.attribute for _at, column in match.columns if column.exported} <= {
        column.attribute for _at, column in chosen.match.columns
    }
    made_of = known * 2 >= ids > 0 and fitting >= (_HALF if lenient else _MOST) * known
    return _Fit(made_of, covered, alike)


def _pairs(match: Match, chosen: Chosen) -> list[tuple[int, int]]:
    """Which columns of a file and of an export are the same, their ids aside; also those that the API alone sets."""
    own = {column.attribute: at for at, column in chosen.match.columns}
    pairs = {at: own[column.attribute] for at, column in match.columns if column.attribute in own}
    titles = {normalise(title): at for at, title in enumerate(chosen.match.header)}
    for at, title in enumerate(match.header):
        if title in match.passed_over and normalise(title) in titles:
            pairs[at] = titles[normalise(title)]
    return [pair for pair in pairs.items() if pair[0] != match.id_at]
