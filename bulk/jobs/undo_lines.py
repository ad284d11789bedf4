"""The lines of `undo.csv`: one for each cell, link or record that an undo puts back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from bulk.files.opening import open_sink
from bulk.jobs.undo_plan import UNDO_CSV
from bulk.model import Aspect, Json, Row, number_told, place_of
from bulk.planning.changes import UPDATED, Change
from bulk.planning.names import Names, columns_of
from bulk.planning.plan_lines import lines_of
from bulk.planning.state import ContactState
from bulk.planning.undo.ends import status_told
from bulk.planning.undo.reversals import Reversal, image_values
from bulk.resources import named
from bulk.resources.spec import CUSTOM, Column
from bulk.storage.job_folder import JobFolder

HEADER: Final = ("row", "resource", "id", "action", "column", "expected now", "back to")
SHOWN: Final = 10  # lines that a person is shown


class Line(NamedTuple):
    """A line of `undo.csv`, in the order of `HEADER`."""

    row: str
    resource: str
    record: str
    action: str
    column: str
    now: str
    back: str


def lines_told(reversals: Iterable[Reversal], names: Mapping[str, Names], tables: Sequence[str] = ()) -> Iterator[Line]:
    """The lines of `undo.csv`; `tables` are those of the file whose rows are meant, where there are several."""
    for reversal in reversals:
        row = number_told(reversal.row) if reversal.row else ""
        if row and tables:
            row = f"{row} of {tables[place_of(reversal.row)[0]]}"
        yield Line(row, reversal.resource, reversal.record, *_told(reversal, names[reversal.resource]))


def _told(reversal: Reversal, known: Names) -> tuple[str, str, str, str]:
    """What a reversal is called, its column, and both cells."""
    edit, columns = reversal.edit, columns_of(named(reversal.resource), known)
    if edit.aspect is Aspect.RECORD:
        if edit.after is None:
            return "delete", "", _called(image_values(reversal.image), columns), ""
        return "create", "", "", _called(_values(reversal), columns)
    own = (edit,) if edit.aspect is Aspect.VALUE else ()
    beside = () if own else (edit,)
    line = next(lines_of(Row(reversal.row, "", {}), Change(reversal.record, UPDATED, own, beside), columns, known))
    if edit.aspect is Aspect.LIST:
        name = known.book("lists").name_of(edit.of) if edit.of in known.book("lists") else edit.name or edit.of
        return line.action, line.column, f"{name}: {status_told(edit.before)}", f"{name}: {status_told(edit.after)}"
    return line.action, line.column, line.before, line.after


def _values(reversal: Reversal) -> Mapping[str, Json]:
    """What a record that is made anew had."""
    if reversal.resource != "contacts":
        return dict(reversal.edit.after)
    before = ContactState.from_json(reversal.edit.after)
    return {**before.attributes, **{f"{CUSTOM}{of}": value for of, value in before.fields.items()}}


def _called(values: Mapping[str, Json], columns: Sequence[Column]) -> str:
    """What tells people which record it is: its cells, but for those that only the API sets, or that are ids."""
    own = [column for column in columns if column.writable and not (column.names or column.beside)]
    pointing = {column.names for column in columns if column.names}
    told = (c.write(values[c.attribute]) for c in own if values.get(c.attribute) and c.attribute not in pointing)
    return ", ".join(filter(None, told)) or ", ".join(str(value) for value in values.values() if value)


def write_lines(folder: JobFolder, lines: Iterable[Line]) -> tuple[Counter[str], list[Line]]:
    """Write `undo.csv`; how many lines there are of each action, and the first of them."""
    counts: Counter[str] = Counter()
    first: list[Line] = []
    with open_sink(folder.file(UNDO_CSV), HEADER) as output:
        for line in lines:
            output.write(line)
            counts[line.action] += 1
            if len(first) < SHOWN:
                first.append(line)
    return counts, first
