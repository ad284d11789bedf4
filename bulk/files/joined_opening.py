"""Opens a file that may hold several tables: a zip archive of them is one input, its members of one program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bulk.errors import UsageError
from bulk.files.adapted import Adapted
from bulk.files.adapted_opening import open_adapted
from bulk.files.given import Given
from bulk.files.joined import Joined
from bulk.files.named_file import NamedFile
from bulk.files.noted import Noted
from bulk.files.opening import SourceOptions, is_zip
from bulk.files.packed import Zipped, tables_in
from bulk.resources.spec import Resource, Writing

_NONE: Final = "no program that is known"


def open_tables(
    file: NamedFile, asked: SourceOptions, resource: Resource, given: Given, called: str = "",
    noted: Sequence[Noted] = (),
) -> Adapted | Joined:  # fmt: skip
    """The table in a file, or the tables of an archive as one; as `open_adapted` otherwise.

    `noted` is what each was understood as before, where the job goes on.

    Raises `UsageError` with the remedy for an archive whose tables cannot go together.
    """
    tables = tables_in(file) if file.content is None and is_zip(file, asked) else []
    of_each = [replace(given, noted=one) for one in noted] or [given] * max(1, len(tables))
    if len(tables) < 2:
        return open_adapted(file, asked, resource, of_each[0], called=called)
    if asked.sheet:
        raise UsageError("sheet_of_no_workbook", file=file, sheet=asked.sheet)

    def opened(*, telling: bool) -> list[Adapted]:
        return [
            _opened(file, table, each, resource, of_table, telling=telling)
            for table, of_table in zip(tables, of_each, strict=True)
        ]

    each = replace(asked, limit=None)
    members = opened(telling=False)
    names = [table.member for table in tables]
    _check_programs(file, names, members)
    tells = [member.tells for member in members]
    if any(tells) and not all(tells):
        members = opened(telling=True)
    joined = Joined(tuple(members), tuple(names), asked.limit)
    if joined.differ and (asked.clearing or resource.writing is not Writing.CONTACT):
        raise UsageError("zip_of_unlike", file=file, members=names)
    return joined


def _opened(
    file: NamedFile, table: Zipped, asked: SourceOptions, resource: Resource, given: Given, *, telling: bool
) -> Adapted:  # fmt: skip
    named = replace(file, name=f"{file}: {table.member}", content=table)
    return open_adapted(named, asked, resource, given, called=table.member, telling=telling)


def _check_programs(file: NamedFile, names: Sequence[str], members: Sequence[Adapted]) -> None:
    """Raise `UsageError` where the tables are of several programs: what their columns mean would be another thing."""
    programs = [_program(member) for member in members]
    if len(set(programs)) > 1:
        told = ", ".join(f"{name} ({program})" for name, program in zip(names, programs, strict=True))
        raise UsageError("zip_of_programs", file=file, told=told)


def _program(member: Adapted) -> str:
    preset = member.adaptation.preset
    return _NONE if preset is None else preset.title
