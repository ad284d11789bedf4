"""What a person may know of every resource, from its declaration: as pages of text and as `docs/resources.md`.

Both are the command line's, so they are in its words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Final

from bulk.files.template import example_of, importable
from bulk.resources.spec import JOIN, Column, Reading, Resource
from bulk.wording import FrontEnd, in_words_of

_VERBS = {
    "upsert": "upsert (change it, or create it)", "create": "create", "update": "update", "delete": "delete",
}  # fmt: skip


_said: Final = partial(in_words_of, FrontEnd.COMMAND_LINE)


def key_text(resource: Resource) -> str:
    """The key as a person writes it: the columns that identify a record."""
    return " + ".join(_beside(resource, part) for part in resource.key.split(JOIN))


def _beside(resource: Resource, attribute: str) -> str:
    """The attribute, or the column of names beside it, which people rather use."""
    named = [column.header for column in resource.columns if column.names == attribute]
    return " or ".join(named) if named else attribute


def about_column(column: Column) -> str:
    """What a column holds and how it may be used, in one line."""
    marks = []
    if column.required:
        marks.append("required")
    if not column.writable:
        marks.append("read only")
    if not column.exported:
        marks.append("import only")
    about = _said(column.about or column.kind.about)
    return f"{about} ({', '.join(marks)})" if marks else about


def facts(resource: Resource) -> Iterator[tuple[str, str]]:
    """What can be done with a resource, as pairs of a word and its answer."""
    if resource.modes:
        yield "A row means", ", ".join(_VERBS[mode] for mode in resource.modes)
        yield "Key", key_text(resource) + ("" if resource.unique else " (several records may share it)")
        others = [key for key in resource.keys if key != resource.key]
        if others:
            yield "Other keys", _said(", ".join(f"⟦key={key}⟧" for key in others))
        for group in resource.needs_one:
            yield "A new one needs", " or ".join(_beside(resource, attribute) for attribute in group)
    else:
        yield "Import", "no"
    if resource.filters:
        yield _said("⟦filter⟧"), ", ".join(resource.filters)
    if resource.search:
        yield _said("⟦search⟧"), "yes"
    if resource.custom:
        yield "And", "a column for each of its custom fields, by title or %PERSTAG%"
    if resource.reading is Reading.CONTACTS:
        yield "Read", "with the contacts, a hundred of them a request"


def markdown(resources: Iterable[Resource]) -> str:
    """The page of all resources. It is generated: a command prints it."""
    resources = tuple(resources)
    lines = [
        "# Resources", "",
        "Every resource that `bulk` moves, from the declarations in `bulk/resources`. This page is generated:",
        _said("`⟦resources_page⟧ > docs/resources.md`."), "",
        "| resource | what it is | import | key |", "|---|---|---|---|",
    ]  # fmt: skip
    for resource in resources:
        modes = ", ".join(resource.modes) or "no"
        key = f"`{key_text(resource)}`" if resource.modes else ""
        lines.append(f"| [{resource.name}](#{resource.name.lower()}) | {_said(resource.about)} | {modes} | {key} |")
    for resource in resources:
        lines += ["", f"## {resource.name}", "", _said(resource.about), ""]
        lines += [f"* {word}: {answer}" for word, answer in facts(resource)]
        lines += ["", "| column | holds | |", "|---|---|---|"]
        for column in resource.columns:
            lines.append(f"| `{column.header}` | {_cell(column.kind.about)} | {_cell(about_column(column))} |")
        if resource.modes:
            columns = [column for column in importable(resource) if example_of(column)]
            lines += ["", "An example row:", "", "```csv", ",".join(column.header for column in columns)]
            lines += [",".join(_quoted(example_of(column)) for column in columns), "```"]
        if resource.notes:
            lines += ["", *(f"* {_said(note)}" for note in resource.notes)]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if any(char in text for char in ',"\n') else text
