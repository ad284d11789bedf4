"""The file that a person starts from: a resource's header and one example row. Derived from the declaration only.

The files in `templates/` are those without an account; `bulk template NAME templates/NAME.csv` writes one anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bulk.files.csv.writer import BOM, format_row
from bulk.files.examples import EXAMPLE, MARK
from bulk.resources.spec import Column, Resource


def template(resource: Resource, columns: Sequence[Column] | None = None) -> str:
    """The whole text of a template file, byte order mark included: the writable columns and one row that is valid.

    `columns` are the resource's columns as resolved for an account; without them, those of the declaration.
    """
    header, example = _rows(importable(resource, columns))
    return BOM + format_row(header, plain=False) + format_row(example, plain=False)


def template_book(
    resource: Resource, columns: Sequence[Column] | None = None, names: Mapping[str, Sequence[str]] | None = None
) -> bytes:
    """A template as a workbook that offers what a cell may hold: a column's options, and by its attribute `names`."""
    from bulk.files.xlsx.template import template_workbook  # noqa: PLC0415 - only where there is one

    writable = importable(resource, columns)
    known = names or {}
    choices = {
        at: known.get(column.attribute) or [option.value for option in column.options or ()]
        for at, column in enumerate(writable)
    }
    return template_workbook(resource.name, _rows(writable), choices)


def _rows(writable: Sequence[Column]) -> tuple[list[str], list[str]]:
    """The header, and an example that is marked as one."""
    header = [column.header for column in writable]
    return [*header, EXAMPLE], [*map(example_of, writable), MARK]


def importable(resource: Resource, columns: Sequence[Column] | None = None) -> list[Column]:
    """The columns that an import takes."""
    return [column for column in (resource.columns if columns is None else columns) if column.writable]


def example_of(column: Column) -> str:
    """A valid cell of a column, "" where it may be empty."""
    if not column.field_id:
        return column.example
    if column.options is not None:
        return column.options[0].value if column.options else ""
    return column.example or column.kind.example
