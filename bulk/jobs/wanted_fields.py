"""Which custom fields a file needs: its columns that fit nothing, of types by their values. Makes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bulk.errors import AbortedError, UsageError
from bulk.files.adapted import Adapted
from bulk.files.check import check
from bulk.files.header_refusals import HeaderRefusal
from bulk.files.joined import Joined, as_read
from bulk.files.source import Source
from bulk.jobs.findings import Findings
from bulk.jobs.import_job import Job
from bulk.jobs.input_options import matched, on_duplicate_of
from bulk.jobs.joined_tags import check_tags_of_file
from bulk.planning.names import Names, columns_of
from bulk.planning.new_fields import Values, imagined_fields
from bulk.resources.kinds.date_forms import Dates
from bulk.resources.spec import clears, normalise


def wanted_fields(job: Job, names: Names) -> dict[str, str]:
    """The columns that fit nothing: the title of the field for each, and its type.

    Raises `UsageError` for columns that may tell consent and of which no map says what they are, and for two that would
    be fields of one title.
    """
    match = matched(job.resource, job.source, job.options, names, seeking=True)
    titles = [title.strip() for title in match.unchecked]
    maps = {title.strip(): to for title, to in job.options.maps.items()}
    unclear = [title for title in match.unclear if title not in maps]
    columns = columns_of(job.resource, names, job.options.separator)
    HeaderRefusal(match.header, columns, set(), consent=unclear).refuse()
    fields = {title: maps.get(title) or title for title in titles}
    for title, called in fields.items():
        others = [other for other, also in fields.items() if normalise(also) == normalise(called)]
        if len(others) > 1:
            raise UsageError("fields_alike", titles=" and ".join(map(repr, others)), title=title)
    return _types(job, fields)


def _types(job: Job, fields: Mapping[str, str]) -> dict[str, str]:
    """The type of each field, by all values that its column has."""
    source = as_read(job.source)
    places = {title.strip(): at for at, title in enumerate(source.header)}
    looks = [(places[title], called, Values(_dates(job, title))) for title, called in fields.items()]
    for record in source.records() if looks else ():
        for at, _called, values in looks:
            if at < len(record.cells) and not clears(record.cells[at]):
                values.take(record.cells[at])
    return {called: values.type for _at, called, values in looks}


def _dates(job: Job, title: str) -> Dates:
    """How dates stand in a column, as the user and the program that wrote it say."""
    return replace(job.options.dates, known=tuple(dict.fromkeys(_forms(job.source, title))))


def _forms(source: Source, title: str) -> list[str]:
    if isinstance(source, Joined):
        return [form for member in source.members for form in _forms(member, title)]
    if not isinstance(source, Adapted):
        return []
    how = source.adaptation
    return [date for at, form in how.forms if how.header[at].strip() == title for date in form.dates]


def check_before(job: Job, names: Names, wanted: Mapping[str, str]) -> None:
    """Raise what is wrong with the file otherwise, before anything is made for it.

    That is its header; rows, where none is to be sent then; tags that may be several, which a plan tells by itself.
    """
    imagined = replace(names, fields=(*names.fields, *imagined_fields(tuple(wanted.items()))))
    match = matched(job.resource, job.source, job.options, imagined)
    if not wanted or job.only_plan:
        return
    check_tags_of_file(job, match, names)
    if job.options.on_invalid != "stop":
        return
    on_duplicate = on_duplicate_of(job.resource, job.options)
    tally = check(job.source, match, on_duplicate=on_duplicate, unsent=Findings(), progress=lambda _more: None)
    if tally.rejected:
        raise AbortedError("rows_invalid", rows=tally.rejected)
