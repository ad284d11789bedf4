"""Which export a file was made of: the one that is named, or that of this account which the file's cells fit best.

An id column alone proves nothing, other programs have one too: the rows have to say what the export said of those ids.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from bulk.errors import UsageError
from bulk.files.joined import Joined
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

    def ids(self) -> set[str]:
        """The ids of its records."""
        at = self.match.id_at
        return set() if at is None else {record.cells[at].strip() for record in _sound(self.source)}


@dataclass(frozen=True, slots=True)
class _Fit:
    """An export that a file may have been made of: whether it has all columns of the file, and what it says.

    `rows`: by the ids of the file's rows, what the export says at their columns. `stamps` are those that the API sets.
    """

    chosen: Chosen
    covered: bool
    rows: dict[str, dict[int, str]]
    stamps: frozenset[int]


def chosen_export(job: Job, prepared: Prepared) -> Chosen | None:
    """The export that a job's file was made of, None if there is none to go by. Raises `UsageError` for a named one."""
    asked = job.options.baseline
    if asked not in (AUTO, NONE):
        return _named(job, prepared, asked)
    if asked == NONE or prepared.match.id_at is None or not usable(job):
        return None
    sample = _by_id(prepared.match, prepared.source)
    best: _Fit | None = None
    fits: list[_Fit] = []
    for folder, name in islice(_exports(job, prepared.names), _LOOKED_AT):
        chosen = _opened(job, prepared, folder / BASELINE_CSV, name, OURS)
        fit = None if chosen is None else _fit(sample, prepared.match, chosen)
        if fit is not None:
            fits.append(fit)
            best = fit if best is None or _is_rather(fit, best, sample) else best
    if best is not None and job.options.delete_missing:
        _check_sure(prepared, best, [fit.chosen for fit in fits if fit is not best and fit.covered >= best.covered])
    return None if best is None else best.chosen


def _check_sure(prepared: Prepared, best: _Fit, others: Sequence[Chosen]) -> None:
    """Raise `UsageError` if what the file lacks of an export another one lacks too, of which it may have been made."""
    at = prepared.match.id_at
    if not others or at is None:
        return
    missing = best.chosen.ids() - {record.cells[at].strip() for record in _sound(prepared.source)}
    for other in others if missing else ():
        if not missing <= other.ids():
            raise UsageError("missing_unsure", name=best.chosen.name, other=other.name)


def usable(job: Job) -> bool:
    """Whether the rows of a job may be edits of an export's."""
    options = job.options
    return (
        not options.exact_columns  # every cell counts then, not only what was edited
        and options.mode in ("upsert", "update")
        and options.on_duplicate != "all"
        and not job.translations.foreign
        and not (
            isinstance(job.source, Joined) and job.source.differ  # a cell that is not there is none that was emptied
        )
    )


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
    sample = _by_id(prepared.match, prepared.source)
    if sample and _fit(sample, prepared.match, chosen, lenient=True) is None:
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


def _by_id(match: Match, source: Source) -> dict[str, list[str]]:
    """The first rows of a file by the ids that they have."""
    rows = islice(_sound(source), _SAMPLE)
    return {} if match.id_at is None else {record.cells[match.id_at].strip(): record.cells for record in rows}


def _fit(sample: Mapping[str, Sequence[str]], match: Match, chosen: Chosen, *, lenient: bool = False) -> _Fit | None:
    """How rows fit an export, None if they were not made of it; `lenient`: it was named, so half of them are enough."""
    assert chosen.match.id_at is not None  # noqa: S101 - asked before
    pairs, stamps = _pairs(match, chosen)
    here, there = match.index("email"), chosen.match.index("email")
    address = None if here is None or there is None else (here, there)  # beside its id it is proof enough
    rows: dict[str, dict[int, str]] = {}
    fitting = 0
    for record in _sound(chosen.source):
        identity = record.cells[chosen.match.id_at].strip()
        cells = sample.get(identity)
        if cells is None or not identity:
            continue
        rows[identity] = {at: record.cells[own] for at, own in pairs}
        said = [(cells[at], text) for at, text in rows[identity].items() if cells[at].strip() or text.strip()]
        same = sum(ours == theirs for ours, theirs in said)
        of_one = address is not None and cells[address[0]].strip() == record.cells[address[1]].strip() != ""
        fitting += of_one or (same * 2 >= len(said) and (same > 1 or same == len(said)))
    covered = {column.attribute for _at, column in match.columns if column.exported} <= {
        column.attribute for _at, column in chosen.match.columns
    }
    ids = sum(map(bool, sample))
    if not (len(rows) * 2 >= ids > 0 and fitting >= (_HALF if lenient else _MOST) * len(rows)):
        return None
    return _Fit(chosen, covered, rows, stamps)


def _is_rather(older: _Fit, newer: _Fit, sample: Mapping[str, Sequence[str]]) -> bool:
    """Whether rows were made of the older of two exports that they fit.

    Dates that the API alone sets tell it. Without them: a sheet that still says anything which the newer export says
    no more was made before that. To take an older one in vain costs a conflict, a newer one somebody's change.
    """
    if older.covered != newer.covered:
        return older.covered
    if len(older.rows) != len(newer.rows):
        return len(older.rows) > len(newer.rows)
    stamps = cells = 0
    for identity, was in older.rows.items():
        row, now = sample[identity], newer.rows.get(identity, {})
        for at in was.keys() & now.keys():
            if was[at] != now[at]:
                stamps += ((row[at] == was[at]) - (row[at] == now[at])) if at in older.stamps else 0
                cells += at not in older.stamps and row[at] == was[at]
    return stamps > 0 if stamps else cells > 0


def _pairs(match: Match, chosen: Chosen) -> tuple[list[tuple[int, int]], frozenset[int]]:
    """Which columns of a file and of an export are the same, their ids aside; and which the API alone sets."""
    own = {column.attribute: at for at, column in chosen.match.columns}
    pairs = {at: own[column.attribute] for at, column in match.columns if column.attribute in own}
    titles = {normalise(title): at for at, title in enumerate(chosen.match.header)}
    stamps = {
        at: titles[normalise(title)]
        for at, title in enumerate(match.header)
        if title in match.passed_over and normalise(title) in titles and at != match.id_at
    }
    every = {**pairs, **stamps}.items()
    return [pair for pair in every if pair[0] != match.id_at], frozenset(stamps)
