"""A row's change as the lines of a plan: one for each cell that changes, one for each link that comes or goes. Pure.

What a record of another resource is called stands in a line where the file names it so, else its id.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bulk.model import Aspect, Edit, Failure, Json, Outcome, Row, RowStatus, number_told
from bulk.planning.changes import CREATED, DELETED, FAMILIES, UNCHANGED, Change
from bulk.planning.consent import STATUS_WORDS, SUBSCRIBED, UNSUBSCRIBED
from bulk.planning.differences import option_text
from bulk.planning.names import Names
from bulk.planning.three_ways import CONFLICT, NOT_TAKEN_OUT
from bulk.resources.spec import CUSTOM, Column

HEADER: Final = ("_row", "_key", "_id", "_action", "column", "before", "after")
REJECT: Final = "reject"
_RECORD: Final = {CREATED: "create", DELETED: "delete"}  # what the report calls it -> what the plan does; else: update
_STATUSES: Final = {SUBSCRIBED: "subscribe", UNSUBSCRIBED: "unsubscribe"}
_COLON: Final = ": "  # between a code and why
_OPTED_OUT: Final = "opted_out"  # the code of whom nobody may subscribe, and the action of such a line
REFUSED: Final = (REJECT, _OPTED_OUT)  # the actions of lines that say why
NOT_DONE: Final = (*REFUSED, CONFLICT)  # the actions of what a row asks for and what is not done


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a plan. `row`, `key` and `record` say whose it is; `record` is "" of what is not there yet.

    Of what is refused, `before` is the code and why, and `after` what was asked for, where that is one thing. The row
    of a record that is deleted since the file has it no more has no number that people see.

    `file` tells the rows of a folder's files apart, "" of a single file.
    """

    row: int
    key: str
    record: str
    action: str
    column: str = ""
    before: str = ""
    after: str = ""
    file: str = ""

    @property
    def cells(self) -> tuple[str, ...]:
        """The line's cells, in the order of `HEADER`; a key of several parts as a person reads it."""
        key = " · ".join(filter(None, self.key.split("\0")))
        return (number_told(self.row), key, self.record, self.action, self.column, self.before, self.after)

    @property
    def code(self) -> str:
        """Why what it is about is not done; "" of what is."""
        if self.action == CONFLICT:
            return CONFLICT
        return self.before.partition(_COLON)[0] if self.action in REFUSED else ""

    @property
    def to_be_done(self) -> Line:
        """The line without what is for people: who it is about and why it is refused may be said otherwise by then."""
        return replace(self, key="", before="" if self.action in REFUSED else self.before)


def lines_of(row: Row, decided: Change | Outcome, columns: Sequence[Column], names: Names) -> Iterator[Line]:
    """The lines of one row; of one that changes nothing one without a column, of one that is refused one a reason."""
    key = row.called or row.key
    if isinstance(decided, Outcome):
        if decided.status is RowStatus.UNCHANGED:
            yield Line(row.number, key, decided.id, UNCHANGED)
        else:
            yield from refusals(row.number, key, decided)
        return
    lines = 0
    for edit in (*decided.own, *decided.beside):
        action, column, before, after = _told(edit, decided, columns, names)
        yield Line(row.number, key, decided.record, action, column, before, after)
        lines += 1
    for conflict in decided.conflicts:
        yield Line(row.number, key, decided.record, CONFLICT, conflict.column, conflict.current, conflict.wanted)
        lines += 1
    for failure in decided.refused:
        of, _, name = failure.step.partition(" ")
        action, column = (REJECT, of) if failure.code in NOT_TAKEN_OUT else (_OPTED_OUT, "lists")
        yield Line(row.number, key, decided.record, action, column, _why(failure), name)
        lines += 1
    if not lines:
        action = _RECORD.get(decided.action, "update" if decided.action else "create")
        yield Line(row.number, key, decided.record, UNCHANGED if decided.is_nothing else action)


def refusals(number: int, key: str, outcome: Outcome) -> Iterator[Line]:
    """The lines of a row that is refused as a whole: one a reason."""
    for failure in outcome.failures:
        yield Line(number, key, outcome.id, REJECT, before=_why(failure))


def _why(failure: Failure) -> str:
    return f"{failure.code}{_COLON}{failure.error}"


def _told(edit: Edit, change: Change, columns: Sequence[Column], names: Names) -> tuple[str, str, str, str]:
    """What an edit is called, its column, and both cells."""
    record = _RECORD.get(change.action, "update")
    match edit.aspect:
        case Aspect.VALUE:
            return (record, *_value(edit, columns, names))
        case Aspect.RECORD:
            return record, "", "", ""
        case Aspect.BESIDE:
            if edit.after is None:
                return record, edit.of, edit.name, ""
            return record, edit.of, "", _option(edit.after) if edit.of == "options" else edit.name
        case _:
            return _link(edit, record, names)


def _link(edit: Edit, record: str, names: Names) -> tuple[str, str, str, str]:
    """The same of a link: a tag, a list, an account or an automation."""
    called = _called(FAMILIES[edit.aspect], edit, names)
    match edit.aspect:
        case Aspect.TAG:
            return ("add_tag", "tags", "", called) if edit.after else ("remove_tag", "tags", called, "")
        case Aspect.LIST:
            column = "unsubscribe_lists" if edit.after == UNSUBSCRIBED else "lists"
            before = "" if edit.before is None else f"{called}: {STATUS_WORDS.get(edit.before, edit.before)}"
            after = called if edit.after in _STATUSES else f"{called}: {STATUS_WORDS.get(edit.after, edit.after)}"
            return _STATUSES.get(edit.after, "update"), column, before, after
        case Aspect.ACCOUNT:
            was, becomes = ("" if title is None else _titled(called, title) for title in (edit.before, edit.after))
            return record, "account", was, becomes
        case _:
            return record, "automation", "" if edit.after else called, called if edit.after else ""


def _called(family: str, edit: Edit, names: Names) -> str:
    """What the other end of a link is called; its id where that is not known."""
    book = names.book(family)
    return book.name_of(edit.of) if edit.of in book else edit.name or edit.of


def _option(option: Json) -> str:
    """An option of a field as a cell has it: with its label, and marked if it is the default."""
    value, label, default = option
    return option_text(value, label, default=default)


def _titled(account: str, title: Json) -> str:
    return f"{account} ({title})" if title else account


def _value(edit: Edit, columns: Sequence[Column], names: Names) -> tuple[str, str, str]:
    """The column of a value, and what stands there before and after."""
    named = next((column for column in columns if column.names == edit.of), None)
    if named is not None and named.of != "contacts":
        book = names.book(named.of)
        before, after = ("" if _is_unset(value) else book.name_of(str(value)) for value in (edit.before, edit.after))
        return named.header, before, after
    column = next((column for column in columns if column.attribute == edit.of), None)
    if column is None:
        custom = edit.of.removeprefix(CUSTOM)  # of a row of one value the column, which goes by its title
        header = next((one.title for one in names.fields if one.id == custom), custom)
        return header if custom != edit.of else edit.of, _text(edit.before), _text(edit.after)
    return column.header, _text(column.write(edit.before)), _text(column.write(edit.after))


def _is_unset(value: Json) -> bool:
    return value in ("", "0", 0, None)


def _text(value: Json) -> str:
    return "" if value is None else str(value)
