"""What differs between two exports, or between one and an account, for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from bulk.access.account import Account, Setting
from bulk.access.connections import connected
from bulk.jobs.compare import STDOUT, Output, Place
from bulk.jobs.compare import compare as compare_places
from bulk.jobs.compare_live import Live
from bulk.jobs.comparison import Comparison
from bulk.jobs.option_rules import check_rate
from bulk.jobs.options import CompareOptions, ExportOptions
from bulk.library.running import JOBS
from bulk.runtime.progress import Progress, Silent

_QUIET: Final = Silent()


async def compare(
    a: str | Path | Account | None,
    b: str | Path | Account | None,
    options: CompareOptions | None = None,
    *,
    output: str | Path | None = None,
    progress: Progress = _QUIET,
) -> Comparison:
    """Say what differs between A and B: files, folders of `export_folder`, or an account as it is now.

    None is standard input. With `output` the differences are written there as CSV ("-": to standard output).
    Raises `UsageError` for what cannot be compared, and what keeps the account from being read.
    """
    chosen = options or CompareOptions()
    places = [await _place(place, chosen, progress) for place in (a, b)]
    return await compare_places(places[0], places[1], chosen, output=_output(output), progress=progress)


async def _place(place: str | Path | Account | None, options: CompareOptions, progress: Progress) -> Place:
    if not isinstance(place, Account):
        return None if place is None else Path(place)
    setting = Setting(await connected(place), JOBS, progress)
    check_rate(options.rate, setting.access)
    export = ExportOptions(
        separator=options.separator, max_duration=options.max_duration, rate=options.rate,
        concurrency=options.concurrency,
    )  # fmt: skip
    return Live(export, setting)


def _output(name: str | Path | None) -> Output:
    return None if name is None else STDOUT if name == STDOUT else Path(name)
