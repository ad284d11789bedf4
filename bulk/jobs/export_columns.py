"""The columns of an export: those that were chosen, and the names that show whether there are such."""

from __future__ import annotations

from collections.abc import Sequence

from bulk.errors import UsageError
from bulk.jobs.export_job import Job
from bulk.messages import Part
from bulk.planning.export import export_columns
from bulk.planning.flow import Asking
from bulk.planning.names import Names, columns_of
from bulk.planning.naming import read_names
from bulk.planning.page_source import PageSource
from bulk.resources.likeness import nearest
from bulk.resources.spec import Column, normalise


def names_asked(job: Job, source: PageSource) -> Asking[Names]:
    """Read the names that the rows need, and look whether there are the columns that were chosen.

    Raises `UsageError` if there is one not, before the pages are read to their end for nothing.
    """
    families, custom = source.families, job.needed.custom
    names = yield from read_names(families, custom, identity=False, optional={*families, custom})
    if custom not in names.unread:  # else it is said later what was left out
        chosen_columns(export_columns(columns_of(job.resource, names)), job.options.columns)
    return names


def chosen_columns(columns: tuple[Column, ...], chosen: Sequence[str]) -> tuple[Column, ...]:
    """The chosen columns, in that order; all if none are chosen. Raises `UsageError` for one there is not."""
    if not chosen:
        return columns
    by_name = {normalise(name): column for column in reversed(columns) for name in (column.attribute, column.header)}
    for name in chosen:
        if normalise(name) not in by_name:
            close = nearest(name, [column.header for column in columns])
            every = [column.header for column in columns]
            hint = Part.of("nearest", names=close) if close else Part.of("there_are", names=every)
            raise UsageError("export_column_unknown", name=name, hint=hint)
    return tuple(by_name[normalise(name)] for name in chosen)
