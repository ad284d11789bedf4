"""The page about a job: its figures as one HTML file that needs nothing beside it, no script and no network."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from bulk.model import RowStatus
from bulk.reporting import charts
from bulk.reporting.figures import JobFigures
from bulk.wording import counted, duration

TITLES: Final = {"import": "Import", "export": "Export", "plan": "Plan", "undo": "Undo"}
_SHOWN: Final = (*(status.value for status in RowStatus), "unprocessed")  # in the order of the picture


def page(figures: JobFigures, *, with_rows: bool, commands: dict[str, str], now: datetime) -> str:
    """The page. `commands` are lines for a terminal, by what they do: `resume`, `retry`, `undo`, `apply`."""
    return rendered(
        "report.html.jinja", job=figures, title=TITLES[figures.record.kind], with_rows=with_rows, commands=commands,
        now=now,
    )  # fmt: skip


def rendered(template: str, **values: Any) -> str:
    """One of the pages beside this module, in their common style; whatever is put in is escaped."""
    environment = Environment(
        loader=PackageLoader("bulk.reporting", "."), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {"duration": duration, "figure": "{:,}".format, "day": _day, "words": _words}
    environment.globals |= {"charts": charts, "counted": counted, "shown": _SHOWN}
    return environment.get_template(template).render(**values)


def _day(moment: datetime) -> str:
    return f"{moment.astimezone():%Y-%m-%d %H:%M}"


def _words(name: str) -> str:
    return name.replace("_", " ")
