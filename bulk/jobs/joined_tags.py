"""Before a tag is made: whether its name may be several, joined by another sign than the one this file is read by.

`VIP; Trial` in a file whose values stand between commas is nearly always two tags. One that the account has is meant.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from bulk.errors import DeclinedError
from bulk.files.joined import separates_names
from bulk.files.matching import Match
from bulk.jobs.import_job import Job
from bulk.jobs.prepared import Prepared
from bulk.jobs.survey import Survey
from bulk.planning.names import Names
from bulk.planning.naming import unknown_names
from bulk.resources.kinds import split_values
from bulk.resources.spec import Column, Writing, clears
from bulk.storage import facts
from bulk.wording import counted

TAGS: Final = "tags"
_SIGNS: Final = (":::", ";", "|")
_OF_EXPORTS: Final = {"id", "cdate"}  # columns of ours that no other program writes together
_FEW: Final = 3  # names that are shown


def check_tags(job: Job, prepared: Prepared, needs: Survey) -> None:
    """Raise `DeclinedError` if a tag would be made whose name holds a sign that stands between names elsewhere.

    An export of another account has the names that there are.
    """
    _check(job, prepared.match, prepared.names, needs.names.get(TAGS, {}).values())


def check_tags_of_file(job: Job, match: Match, names: Names) -> None:
    """The same before any row was looked at: what every row names counts, whatever becomes of it."""
    columns = [column for _at, column in match.columns if column.attribute == TAGS]
    if job.resource.writing is Writing.CONTACT and columns:
        _check(job, match, names, _tags_of(job, match, columns[0]))


def _tags_of(job: Job, match: Match, column: Column) -> Iterator[str]:
    for record in job.source.records():
        if record.problem is None:  # else its cells may be another column's, and it is refused
            text = match.row(record).values[TAGS]
            yield from () if clears(text) else split_values(text, column.separator)


def _check(job: Job, match: Match, names: Names, tags: Iterable[str]) -> None:
    options = job.options
    if options.allow_joined or job.applies or separates_names(job.source):
        return
    if set(match.passed_over) >= _OF_EXPORTS and not job.checkpoint.fact(facts.BASELINE):
        return
    signs = [sign for sign in _SIGNS if sign != options.separator.strip()]
    doubtful = (name for name in tags if any(sign in name for sign in signs))
    unknown = unknown_names(doubtful, names.book(TAGS))
    joined = [(name, next(sign for sign in signs if sign in name)) for name in unknown]
    if not joined:
        return
    split = [f"{name!r} (or is it {_told(split_values(name, sign))}?)" for name, sign in joined[:_FEW]]
    raise DeclinedError(
        "tags_joined", tags=counted(len(joined), "new tag"), told=", ".join(split) + (", …" if joined[_FEW:] else ""),
        sign=joined[0][1],
    )  # fmt: skip


def _told(names: list[str]) -> str:
    return " and ".join(map(repr, names[:_FEW])) + (", …" if names[_FEW:] else "")
