"""Before a tag is made: whether its name may be several, joined by another sign than the one this file is read by.

`VIP; Trial` in a file whose values stand between commas is nearly always two tags. One that the account has is meant.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from bulk.errors import DeclinedError
from bulk.files.joined import separates_names
from bulk.jobs.import_job import Job
from bulk.jobs.prepared import Prepared
from bulk.planning.naming import unknown_names
from bulk.resources.kinds import split_values
from bulk.storage import facts
from bulk.wording import counted

_SIGNS: Final = (":::", ";", "|")
_OF_EXPORTS: Final = {"id", "cdate"}  # columns of ours that no other program writes together
_FEW: Final = 3  # names that are shown


def check_tags(job: Job, prepared: Prepared, wanted: Mapping[str, Iterable[str]]) -> None:
    """Raise `DeclinedError` if a tag would be made whose name holds a sign that stands between names elsewhere.

    An export of another account has the names that there are.
    """
    options, names = job.options, prepared.names
    if options.allow_joined or job.applies or separates_names(job.source):
        return
    if set(prepared.match.passed_over) >= _OF_EXPORTS and not job.checkpoint.fact(facts.BASELINE):
        return
    signs = [sign for sign in _SIGNS if sign != options.separator.strip()]
    missing = unknown_names(wanted.get("tags", ()), names.book("tags"))
    joined = [(name, next(sign for sign in signs if sign in name)) for name in missing if any(s in name for s in signs)]
    if not joined:
        return
    split = [f"{name!r} (or is it {_told(split_values(name, sign))}?)" for name, sign in joined[:_FEW]]
    raise DeclinedError(
        "tags_joined", tags=counted(len(joined), "new tag"), told=", ".join(split) + (", …" if joined[_FEW:] else ""),
        sign=joined[0][1],
    )  # fmt: skip


def _told(names: list[str]) -> str:
    return " and ".join(map(repr, names[:_FEW])) + (", …" if names[_FEW:] else "")
