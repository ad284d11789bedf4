"""The figures of a job, or of the accounts of a fleet, as a file that Prometheus' node exporter collects.

The file is replaced whole, so that nobody reads half of it. What stands in it of an earlier run is kept where this one
does not say otherwise: when it last went well, and while it runs how it ended before.
"""

from __future__ import annotations

import errno
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bulk.errors import UsageError
from bulk.files.placing import put_in_place
from bulk.runtime.progress import Ended, Snapshot, Started

EVERY: Final = 15.0  # seconds between two files while a job runs
Number = int | float


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric: what it is, and the label that tells its values apart where there are several."""

    help: str
    by: str = ""
    kept: bool = False  # what an earlier run has said holds until this one says it


RUNNING, STARTED, ENDED = "bulk_running", "bulk_start_timestamp_seconds", "bulk_end_timestamp_seconds"
SUCCESS, EXIT_CODE, SECONDS = "bulk_last_success_timestamp_seconds", "bulk_exit_code", "bulk_duration_seconds"
READ, ROWS, PROBLEMS = "bulk_rows_read", "bulk_rows", "bulk_row_problems"
REQUESTS, RETRIES, REFUSALS = "bulk_requests", "bulk_retries", "bulk_refusals"
PROGRESS, TOTAL = "bulk_progress_rows", "bulk_progress_rows_expected"
METRICS: Final[Mapping[str, Metric]] = {
    RUNNING: Metric("1 while it runs, 0 once it has ended."),
    STARTED: Metric("When its last run began."),
    ENDED: Metric("When its last run ended, however it did.", kept=True),
    SUCCESS: Metric("When it last ended with exit code 0.", kept=True),
    EXIT_CODE: Metric("The exit code of the last run that ended.", kept=True),
    SECONDS: Metric("How long it took, all runs of the job together."),
    READ: Metric("Rows of its file, or records that it has read."),
    ROWS: Metric("The same by what became of them.", by="status"),
    PROBLEMS: Metric("Rows that are not done, by the codes of why.", by="code"),
    REQUESTS: Metric("Requests that were sent, in all runs of the job."),
    RETRIES: Metric("Requests that were sent again, of these."),
    REFUSALS: Metric("Answers of the last run that were none: by their HTTP status, or lost.", by="answer"),
    PROGRESS: Metric("While it runs: rows that are checked, sent or read by now."),
    TOTAL: Metric("While it runs: of so many, where that is known."),
}


@dataclass(slots=True)
class Figures:
    """What is known of one job or account: values by metric, of one that has several by what tells them apart."""

    labels: Mapping[str, str]
    values: dict[str, Number | Mapping[str, Number]] = field(default_factory=dict)


def rendered(figures: Sequence[Figures], before: Mapping[str, str] | None = None) -> str:
    """The text of a file; `before` are the lines of the one that is replaced, values by what stands before them."""
    lines = []
    for name, metric in METRICS.items():
        of_metric = [line for each in figures for line in _lines(name, metric, each, before or {})]
        if of_metric:
            lines += [f"# HELP {name} {metric.help}", f"# TYPE {name} gauge", *of_metric]
    return "\n".join(lines) + "\n"


def _lines(name: str, metric: Metric, figures: Figures, before: Mapping[str, str]) -> Iterable[str]:
    value = figures.values.get(name)
    if value is None:
        series = _series(name, figures.labels)
        if metric.kept and series in before:
            yield f"{series} {before[series]}"
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield f"{_series(name, {**figures.labels, metric.by: key})} {each}"
    else:
        yield f"{_series(name, figures.labels)} {value}"


def _series(name: str, labels: Mapping[str, str]) -> str:
    told = ",".join(f'{label}="{_escaped(value)}"' for label, value in labels.items() if value)
    return f"{name}{{{told}}}" if told else name


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def read_before(path: Path) -> dict[str, str]:
    """The values of a file that is there, by what stands before them; {} where there is none."""
    try:
        text = path.read_text("utf-8", "replace")
    except OSError:
        return {}
    return dict(re.findall(r"^([a-z_]+(?:\{.*\})?) (\S+)$", text, re.MULTILINE))


def write_metrics(path: Path, figures: Sequence[Figures]) -> None:
    """Replace the file. Raises `OSError`. Others than its owner may read it: an exporter has a user of its own."""
    text = rendered(figures, read_before(path))
    number, part = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(text.encode())
        Path(part).chmod(0o644)
        put_in_place(Path(part), path)
    except OSError:
        Path(part).unlink(missing_ok=True)
        raise


def write_later(path: Path, figures: Sequence[Figures]) -> str:
    """Replace the file while or after something runs; why that could not be, "" if it could."""
    try:
        write_metrics(path, figures)
    except OSError as error:
        return f"it cannot be written: {error.strerror or error}"
    return ""


def write_first(path: Path, figures: Sequence[Figures]) -> None:
    """Write it before anything else is done. Raises `UsageError` where that cannot be."""
    try:
        write_metrics(path, figures)
    except OSError as error:
        raise UsageError("metrics_not_written", file=path, reason=error.strerror or str(error)) from error


def check_folder(file: str) -> None:
    """Raise `UsageError` where a file that is to be written ("": none is) has no folder, before anything is made."""
    if file and not Path(file).parent.is_dir():
        raise UsageError("metrics_not_written", file=file, reason=os.strerror(errno.ENOENT))


class JobMetrics:
    """The file of one job while it runs; it is told what the job's progress is told. `clock`: the time of day."""

    def __init__(self, path: Path, about: Started, clock: Callable[[], float]) -> None:
        """Write that the job runs. Raises `UsageError` where the file cannot be."""
        self._path = path
        self._clock = clock
        self._next = clock() + EVERY
        labels = {"resource": about.resource, "account": about.account, "kind": about.kind}
        self._figures = Figures(labels, running_since(clock()))
        write_first(path, [self._figures])

    def update(self, snapshot: Snapshot, refusals: Mapping[str, int]) -> str:
        """Take note of where it stands; why that could not be written, "" else."""
        now = self._clock()
        if now < self._next:
            return ""
        self._next = now + EVERY
        values = self._figures.values
        values |= {REQUESTS: snapshot.requests, REFUSALS: dict(refusals), PROGRESS: snapshot.done}
        values |= {SECONDS: round(now - float(str(values[STARTED])), 3)}
        values.pop(TOTAL, None)
        if snapshot.total is not None:
            values[TOTAL] = snapshot.total
        return write_later(self._path, [self._figures])

    def end(self, ended: Ended) -> str:
        """Write how it ended; why that could not be, "" if it could."""
        now = round(self._clock(), 3)
        self._figures.values = {STARTED: self._figures.values[STARTED], **values_of(ended, now)}
        return write_later(self._path, [self._figures])


def running_since(now: float) -> dict[str, Number | Mapping[str, Number]]:
    """The figures of a job that begins now."""
    return {RUNNING: 1, STARTED: round(now, 3)}


def values_of(ended: Ended, now: float | None) -> dict[str, Number | Mapping[str, Number]]:
    """The figures of a job that has ended now, or (None) some time before."""
    rows = dict(ended.rows)
    values: dict[str, Number | Mapping[str, Number]] = {
        RUNNING: 0, EXIT_CODE: ended.exit_code, SECONDS: round(ended.seconds, 3),
        READ: rows.pop("read", 0), ROWS: rows, PROBLEMS: dict(ended.problems), REQUESTS: ended.requests,
        RETRIES: ended.retries, REFUSALS: dict(ended.refusals),
    }  # fmt: skip
    if now is not None:
        values |= {ENDED: now} | ({SUCCESS: now} if ended.exit_code == 0 else {})
    return values
