"""The files of a whole account: which of a folder are taken, in what order, and whether they can be understood."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from bulk.errors import AbortedError
from bulk.jobs.access import Setting
from bulk.jobs.importing import ImportOptions, matched, on_duplicate_of, prepare_table
from bulk.jobs.validating import Findings
from bulk.resources import RESOURCES
from bulk.resources.spec import Reading, Resource, Writing, normalise
from bulk.tables.check import check
from bulk.tables.reading import Table

ENROLMENTS: Final = "contactAutomations"  # never imported with the rest: to enrol people may send them mail


def parts_in(directory: Path) -> list[Resource]:
    """The resources of which a folder has a file that can be imported, in the order in which they are."""
    return [r for r in RESOURCES if r.modes and file_of(directory, r).is_file()]


def file_of(directory: Path, resource: Resource) -> Path:
    """Where the records of a resource stand."""
    return directory / f"{resource.name}.csv"


def exported() -> list[Resource]:
    """The resources that are read by themselves; what belongs to contacts comes with them."""
    return [resource for resource in RESOURCES if resource.reading is not Reading.CONTACTS]


def chosen_parts(directory: Path, options: ImportOptions, setting: Setting) -> list[Resource]:
    """The parts that an import of everything takes; says which it leaves out, and why."""
    parts = parts_in(directory)
    said = _said_by_contacts(directory, parts, options)
    chosen = []
    for resource in parts:
        if resource.name == ENROLMENTS:
            setting.progress.say(f"{resource.name}.csv is left out: to enrol people may send them mail.")
        elif resource.name in said:
            setting.progress.say(f"{resource.name}.csv is left out: the columns of contacts.csv say the same.")
        else:
            chosen.append(resource)
    return chosen


def _said_by_contacts(directory: Path, parts: Sequence[Resource], options: ImportOptions) -> set[str]:
    """What belongs to contacts and stands in the cells of their own file as well."""
    contacts = next((resource for resource in parts if resource.writing is Writing.CONTACT), None)
    if contacts is None:
        return set()
    chosen, table = prepared(contacts, file_of(directory, contacts), options)
    match = matched(contacts, table, chosen, None)
    has_tags = any(column.attribute == "tags" for _at, column in match.columns)
    return {name for name, said in (("contactTags", has_tags), ("fieldValues", match.unchecked)) if said}


def prepared(resource: Resource, path: Path, options: ImportOptions) -> tuple[ImportOptions, Table]:
    """The options of one part, with the maps that are about columns of its file, and the file."""
    chosen = replace(options, mode=resource.modes[0], key=resource.key)
    table = prepare_table(resource, path, chosen)
    titles = set(map(normalise, table.header))
    maps = {title: attribute for title, attribute in options.maps.items() if normalise(title) in titles}
    return replace(chosen, maps=maps), table


def check_files(parts: Sequence[tuple[Resource, Path]], options: ImportOptions) -> None:
    """Raise `UsageError` for a file that cannot be understood, before anything of any is sent.

    With `--on-invalid stop` also `AbortedError` for rows that cannot be sent to any account.
    """
    wrong: list[str] = []
    for resource, path in parts:
        chosen, table = prepared(resource, path, options)
        match = matched(resource, table, chosen, None)
        on_duplicate = on_duplicate_of(resource, chosen)
        tally = check(table, match, on_duplicate=on_duplicate, sink=Findings(), progress=lambda _more: None)
        wrong += [f"{path.name} {tally.rejected:,}"] if tally.rejected else []
    if wrong and options.on_invalid == "stop":
        raise AbortedError(
            f"Rows cannot be sent, so nothing was (--on-invalid stop): {', '.join(wrong)}.\n"
            "bulk validate RESOURCE FILE says which. Correct them and import the folder again."
        )
