"""What there is to say of a job, out of its folder: what was asked, what became of it, how it went, what it made.

A folder job (`import all`, `export all`) has these figures of each part too.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from bulk.jobs.failed_rows import FailedRow, failed_rows
from bulk.jobs.options import ExportOptions, ImportOptions
from bulk.messages.rows import ROWS
from bulk.model import Aspect, Edit
from bulk.planning.consent import ACTIVE, STATUS_WORDS, SUBSCRIBED, UNSUBSCRIBED
from bulk.resources.kinds import join_values
from bulk.runtime.course import Course, Sample
from bulk.storage import facts
from bulk.storage.checkpoint import Checkpoint, opened_checkpoint
from bulk.storage.job_folder import CHECKPOINT, JobFolder
from bulk.storage.job_record import JobRecord
from bulk.wording import FrontEnd, in_words_of

EXAMPLES: Final = 3  # rows that are quoted of each code
NAMES: Final = 50  # names of tags, accounts and fields that are listed
ROWS_SHOWN: Final = 1_000  # failed rows that are listed where that is asked for
CONSENT: Final = ("opted_out", "unconfirmed", "bounced", "unclear", "excluded")  # codes of who was not subscribed
OTHERS: Final = ("ActiveCampaign or the connection refused it.", "Look at the words of the row in failed.csv.")
_ADDRESS: Final = re.compile(r"[^\s'\"<>(),;:@]{1,64}@[^\s'\"<>(),;:]{0,255}")
_NUMBER: Final = re.compile(r"\+?\(?\d(?:[\s().-]{0,2}\d){6,}")
# options that the command line calls otherwise
_WRITTEN: Final = {"maps": "map", "sets": "set", "filters": "filter", "exact_columns": "exact"}
_PATTERN: Final = "name@domain.tld"  # what an error says of how an address looks
_HIDDEN: Final = "[hidden]"


@dataclass(frozen=True, slots=True)
class Reason:
    """Rows that failed of one code: what it means, what there is to do, and a few of them."""

    code: str
    count: int
    meaning: str
    remedy: str
    examples: tuple[FailedRow, ...]


# wide: one attribute for each thing that a page says
@dataclass(slots=True)
class JobFigures:
    """What there is to say of one job, or of one part.

    `rows` and `actions` are counts; `course` are samples over time, of all runs; `links` counts what it did to
    subscriptions, tags and records by words; `made` are names that it created, by resource. `failed` are the rows that
    are not done, at most `ROWS_SHOWN`, if they were asked for.
    """

    name: str
    record: JobRecord
    state: str
    summary: Mapping[str, Any]
    with_rows: bool = False
    course: Sequence[Sample] = ()
    reasons: list[Reason] = field(default_factory=list)
    links: Counter[str] = field(default_factory=Counter)
    made: dict[str, list[str]] = field(default_factory=dict)
    failed: list[FailedRow] = field(default_factory=list)
    parts: list[JobFigures] = field(default_factory=list)

    @property
    def rows(self) -> Mapping[str, int]:
        """Rows by status, "read" among them."""
        rows: Mapping[str, int] = self.summary.get("rows", {})
        return rows

    @property
    def stages(self) -> Mapping[str, float]:
        """The seconds of each stage: as its summary says, or of a job that was cut off as far as it was noted."""
        said: Mapping[str, float] = self.summary.get("stages", {})
        return said or Course(self.course).stages

    @property
    def options(self) -> list[tuple[str, str]]:
        """The options that were given otherwise than usual, as name and value."""
        usual = asdict(ExportOptions() if self.record.kind == "export" else ImportOptions())
        given = {name: value for name, value in self.record.options.items() if value and value != usual.get(name)}
        return [(_WRITTEN.get(name, name).replace("_", "-"), self.shown(_told(value))) for name, value in given.items()]

    @property
    def reason(self) -> str:
        """Why it stopped, "" if it ran to its end."""
        return self.shown(str(self.summary.get("reason", "")))

    def shown(self, text: str) -> str:
        """A text as the page may show it."""
        return text if self.with_rows else veiled(text)

    @property
    def withheld(self) -> int:
        """How many rows asked for people who may not be subscribed."""
        return sum(self.summary.get("codes", {}).get(code, 0) for code in CONSENT)


def figures_of(folder: JobFolder, *, with_rows: bool) -> JobFigures:
    """The figures of a job; `with_rows`: with the rows that failed, and the addresses in them.

    Raises `UsageError` for what is no job, `UnfinishedError` while it runs. Reads the disk.
    """
    record = folder.record()
    with folder.locked():
        figures = _figures(folder, record, folder.state, folder.summary() or {}, with_rows=with_rows)
        of_parts = figures.summary.get("resources", {})
        for name in record.parts:
            part = JobFolder(folder.path / name)
            summary = part.summary() or {"rows": of_parts.get(name, {})}
            if part.path.is_dir():
                figures.parts.append(_figures(part, record, figures.state, summary, with_rows=with_rows))
    return figures


def _figures(
    folder: JobFolder, record: JobRecord, state: str, summary: Mapping[str, Any], *, with_rows: bool
) -> JobFigures:
    figures = JobFigures(folder.name, record, state, summary, with_rows)
    if folder.file(CHECKPOINT).is_file():
        with opened_checkpoint(folder.file(CHECKPOINT)) as checkpoint:
            _read(figures, checkpoint)
    _count_reasons(figures, failed_rows(folder.path))
    return figures


def _read(figures: JobFigures, checkpoint: Checkpoint) -> None:
    figures.course = [Sample(*one) for one in checkpoint.fact(facts.COURSE)]
    made = checkpoint.fact(facts.MADE_NAMES)
    figures.made = {family: [figures.shown(name) for name in sorted(names)] for family, names in made.items() if names}
    for written in checkpoint.journal.written():
        if written.sure:
            figures.links.update(filter(None, map(_edit_told, written.edits.each)))


def _edit_told(edit: Edit) -> str:
    """What an edit does to people, in a word; "" where it is about cells."""
    if edit.aspect is Aspect.TAG:
        return "tags added" if edit.after else "tags removed"
    if edit.aspect is Aspect.LIST:
        if edit.after == SUBSCRIBED:
            return "subscribed again" if edit.before not in (*ACTIVE, None, "") else "subscribed"
        return "unsubscribed" if edit.after == UNSUBSCRIBED else f"made {STATUS_WORDS.get(edit.after, 'otherwise')}"
    return ""


def _count_reasons(figures: JobFigures, rows: Iterator[FailedRow]) -> None:
    counts: Counter[str] = Counter()
    examples: defaultdict[str, list[FailedRow]] = defaultdict(list)
    for row in rows:
        counts[row.code] += 1
        if len(examples[row.code]) < EXAMPLES:
            examples[row.code].append(row if figures.with_rows else _veiled(row))
        if figures.with_rows and len(figures.failed) < ROWS_SHOWN:
            figures.failed.append(row)
    for code, count in counts.most_common():
        meaning, remedy = ROWS.get(code, OTHERS)
        meaning, remedy = (in_words_of(FrontEnd.COMMAND_LINE, text) for text in (meaning, remedy))
        figures.reasons.append(Reason(code, count, meaning, remedy, tuple(examples[code])))


def _veiled(row: FailedRow) -> FailedRow:
    """A row without what tells who it is about."""
    return replace(row, step=veiled(row.step), error=veiled(row.error), cells={})


def veiled(text: str) -> str:
    """A text without addresses and telephone numbers."""
    return _NUMBER.sub(_HIDDEN, _ADDRESS.sub(lambda one: one[0] if one[0] == _PATTERN else _HIDDEN, text))


def _told(value: Any) -> str:
    """The value of an option as it is shown."""
    if isinstance(value, dict):
        return ", ".join(f"{name} = {_told(of)}" for name, of in value.items())
    if isinstance(value, list | tuple):
        return join_values([str(one) for one in value], ",")
    return "yes" if value is True else str(value)
