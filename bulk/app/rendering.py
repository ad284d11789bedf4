"""Fills templates in: everything that is put into one is escaped, and nothing is taken for a page of ours.

Every page says whose account it works on: the embedded sandbox, or a real one, by its name.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from bulk.app import words
from bulk.app.desk import Desk
from bulk.errors import BulkError
from bulk.library.accounts import Account, Place
from bulk.library.jobs import JobRecord
from bulk.wording import counted, duration

STEPS: Final = ("File", "Columns", "Check", "Plan", "Run", "Done")
STATIC: Final = Path(__file__).parent / "static"


@dataclass(frozen=True, slots=True)
class Banner:
    """Whose account a page is about: `sandbox` or a real one, and what it is called."""

    sandbox: bool
    name: str

    @classmethod
    def of_account(cls, account: Account, called: str) -> Banner:
        """That of the account that the page was started for."""
        if account.sandbox_folder is not None:
            return cls(sandbox=True, name="")
        root = account.way.root.split("//", 1)[-1].split("/", 1)[0]
        return cls(sandbox=False, name=called or root)

    @classmethod
    def of_job(cls, record: JobRecord) -> Banner:
        """That of the account that a job is of, which may be another."""
        there = Place.of(record.place)
        if there.sandbox is not None:
            return cls(sandbox=True, name="")
        return cls(sandbox=False, name=record.account or record.place.split("//", 1)[-1].split("/", 1)[0])


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Where templates come from, and what they can say."""
    result = Environment(
        loader=PackageLoader("bulk.app"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    result.filters |= {
        "counted": counted, "duration": duration, "meaning": words.meaning, "said": words.said,
        "moment": _moment, "number": lambda value: f"{value:,}",
    }  # fmt: skip
    result.globals |= {"words": words, "steps": STEPS}
    return result


def _moment(text: str) -> str:
    """When something was, by this machine's clock; as it is written where it is no moment."""
    try:
        return f"{datetime.fromisoformat(text).astimezone():%Y-%m-%d %H:%M}"
    except ValueError:
        return text


def desk_of(request: Request) -> Desk:
    """The desk that the server works at."""
    desk: Desk = request.app.state.desk
    return desk


def page(
    request: Request, template: str, *, status: int = 200, banner: Banner | None = None, **values: Any
) -> HTMLResponse:
    """A page, filled in."""
    desk = desk_of(request)
    whose = banner or Banner.of_account(desk.account, desk.files.called)
    path = request.url.path
    room = "import" if values.get("step") or path == "/" or path.startswith("/files") else path.split("/")[1]
    given = {"banner": whose, "path": path, "step": "", "error": None, "room": room} | values
    return HTMLResponse(environment().get_template(template).render(given), status)


def refusal(request: Request, error: BulkError, *, status: int = 422, **values: Any) -> HTMLResponse:
    """A page that says what keeps a person from going on, and a way on."""
    return page(request, "refusal.html", status=status, error=error.words(words.PAGE), **values)
