"""What an undo will do, found in what the undone job has kept: its lines, and what cannot be taken back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from bulk.files.opening import open_sink
from bulk.model import Aspect, Edit, Json, Outcome, Row, RowStatus, number_told
from bulk.planning.changes import CREATED, UPDATED, Change
from bulk.planning.consent import ACTIVE
from bulk.planning.names import Names, columns_of
from bulk.planning.plan_lines import lines_of
from bulk.planning.state import ContactState
from bulk.planning.undo.reversals import Reversal, Reversals, image_values
from bulk.resources import named
from bulk.resources.spec import CUSTOM, Column, Writing
from bulk.storage import facts
from bulk.storage.checkpoint import Checkpoint, opened_checkpoint
from bulk.storage.job_folder import CHECKPOINT, JobFolder
from bulk.wording import agreeing, change_told, counted, excerpt

UNDO_CSV: Final = "undo.csv"
HEADER: Final = ("row", "resource", "id", "action", "column", "expected now", "back to")
SHOWN: Final = 10  # lines that a person is shown
FEW: Final = 5  # rows that are named
WIDTH: Final = 60  # letters of a record that are shown
FIRST_LINE: Final = 2  # below the header
_CALLED: Final = {"tags": "tag", "accounts": "name"}
_ALONG: Final[Mapping[str, str]] = {  # what goes along with what is deleted, by its resource, and is not read before
    "tags": "a deleted tag: who carried it does not get it again",
    "lists": "a deleted list: who was on it is not put on it again",
    "fields": "a deleted field: values that contacts had in it do not come back",
    "accounts": "a deleted account: contacts and deals are not put into it again, and its notes do not come back",
    "contacts": "a deleted contact: its deals are not given to it again, its notes and automations do not come back",
    "deals": "a deleted deal: its notes do not come back",
    "dealGroups": "a deleted pipeline: its deals do not come back, and its stages by their titles alone",
    "dealStages": "a deleted stage: its deals do not come back",
    "dealCustomFieldMeta": "a deleted field: values that deals had in it do not come back",
    "accountCustomFieldMeta": "a deleted field: values that accounts had in it do not come back",
}


@dataclass(slots=True)
class Reversible:
    """What a job has left to put back: `reversals` in the order in which that is done, and what stays as it is."""

    reversals: list[Reversal] = field(default_factory=list)
    names: dict[str, dict[str, str]] = field(default_factory=dict)  # that the job has made: resource -> name -> id
    untold: list[str] = field(default_factory=list)  # rows of which it is not known what was there before
    doubtful: list[str] = field(default_factory=list)  # rows that may have created something
    stays: Counter[str] = field(default_factory=Counter)  # what the API does not take back
    host: str = ""
    latest: float = 0.0  # when the last of it was sent

    @property
    def is_nothing(self) -> bool:
        """Whether the job has changed nothing, as far as it knows."""
        return not (self.reversals or any(self.names.values()) or self.untold or self.doubtful or self.stays)

    @property
    def remade(self) -> dict[tuple[str, str], str]:
        """Names that other lines need, and that the job has deleted: resource and id of then -> name."""
        if {reversal.resource for reversal in self.reversals} <= set(_CALLED):
            return {}
        return {
            (reversal.resource, reversal.record): str(reversal.edit.after.get(_CALLED[reversal.resource]))
            for reversal in self.reversals
            if reversal.resource in _CALLED
            and reversal.edit.aspect is Aspect.RECORD
            and reversal.edit.after is not None
        }


def reversible_in(folder: JobFolder) -> Reversible:
    """What is to be put back of a job; of one on a whole account, of all its parts, the last first."""
    record = folder.record()
    reversible = Reversible(host=record.account)
    parts = [JobFolder(folder.path / name) for name in reversed(record.parts)] if record.parts else [folder]
    for part in parts:
        if part.file(CHECKPOINT).is_file():
            with opened_checkpoint(part.file(CHECKPOINT)) as checkpoint:
                _take(reversible, part, checkpoint, f"{part.name} " if record.parts else "")
    return reversible


def _take(reversible: Reversible, folder: JobFolder, checkpoint: Checkpoint, prefix: str) -> None:
    record = folder.record()
    resources: Mapping[int, str] = {}
    if record.kind == "undo":
        resources = {number: Reversal.from_json(data).resource for number, data in checkpoint.undoing.all()}
    of_lines = set(resources.values())
    by_resource: dict[str, Reversals] = {}
    made = _made(checkpoint)
    reversible.latest = max(reversible.latest, checkpoint.journal.last_sent())

    def reversals_of(row: int) -> Reversals:
        name = resources.get(row, record.resource)
        links = name not in of_lines and named(name).writing is Writing.LINK
        resource = "contacts" if links else name
        return by_resource.setdefault(resource, Reversals(resource, {} if links else made))

    for name in dict.fromkeys(resources.values()):
        by_resource[name] = Reversals(name, made)
    for one in checkpoint.journal.written():
        reversals = reversals_of(one.row)
        for edited in one.edits.each:
            edit = edited
            if edit.aspect is Aspect.AUTOMATION:
                edit = replace(edit, name=str(checkpoint.fact(facts.ENROLMENT_OF.of(one.row)) or ""))
                if edit.after is not True:
                    reversible.stays["a contact taken out of an automation: it would begin from the start"] += 1
                    continue
                if not edit.name:
                    reversible.stays["an automation entered, perhaps: which entry is the job's is not known"] += 1
                    continue
                reversible.stays["an automation entered: what it has sent stays sent"] += 1
            reversals.take(one.row, one.edits.record, edit, one.at, made=one.edits.made, sure=one.sure)
    for resource, reversals in reversed(by_resource.items()):
        each = reversals.all()
        reversible.reversals += each
        replaced = sum(reversal.edit.aspect is Aspect.RECORD and reversal.edit.after is not None for reversal in each)
        if replaced and resource in _ALONG:
            reversible.stays[_ALONG[resource]] += replaced
    settled = {row.number: row.outcome for row in checkpoint.rows.settled_rows()} if by_resource else {}
    for reversals in by_resource.values():
        open_rows = [row for row in sorted(reversals.doubtful) if row not in settled or _is_in_doubt(settled[row])]
        reversible.doubtful += [f"{prefix}{row}" for row in open_rows]
    made_names = checkpoint.fact(facts.MADE_NAMES)
    ids = {(family, identity) for family, names in made_names.items() for identity in names.values()}
    reversible.untold += [
        f"{prefix}{row}"
        for row in checkpoint.rows.untold()  # a name that was made before the rows is told by itself
        if row not in settled or (resources.get(row), settled[row].id) not in ids
    ]
    for family, names in made_names.items():
        reversible.names.setdefault(family, {}).update(names)


def _is_in_doubt(outcome: Outcome) -> bool:
    """Whether it is open if a row has created something; of one that has failed it is known that it has not."""
    return outcome.status is RowStatus.IN_DOUBT and not outcome.action


def _made(checkpoint: Checkpoint) -> dict[int, str]:
    """The ids of what rows have created, by row."""
    made = checkpoint.journal.made_by_open()
    for row in checkpoint.rows.settled_rows():
        if row.outcome.action == CREATED and row.outcome.id:
            made[row.number] = row.outcome.id
    return made


def names_made(reversible: Reversible, names: Names) -> list[Reversal]:
    """The names that the job has made, to be deleted at the end if nothing uses them by then."""
    reversals: list[Reversal] = []
    for family, called in reversible.names.items():
        for name, noted in called.items():
            identity = noted or names.book(family).id_of(name) or ""
            if identity:
                book = names.book(family)
                image = (
                    Edit(Aspect.VALUE, _CALLED[family], None, book.name_of(identity) if identity in book else name),
                )
                reversals.append(Reversal(0, family, identity, Edit(Aspect.RECORD, identity, {}, None), image=image))
    return reversals


# ---- what people read


def lines_told(reversals: list[Reversal], names: Mapping[str, Names]) -> Iterator[tuple[str, ...]]:
    """The lines of `undo.csv`."""
    for reversal in reversals:
        known = names[reversal.resource]
        edit = reversal.edit
        row = number_told(reversal.row) if reversal.row else ""
        columns = columns_of(named(reversal.resource), known)
        if edit.aspect is Aspect.RECORD:
            if edit.after is None:
                yield (
                    row,
                    reversal.resource,
                    reversal.record,
                    "delete",
                    "",
                    _called(image_values(reversal.image), columns),
                    "",
                )
            else:
                yield row, reversal.resource, reversal.record, "create", "", "", _called(_values(reversal), columns)
            continue
        own = (edit,) if edit.aspect is Aspect.VALUE else ()
        beside = () if own else (edit,)
        line = next(lines_of(Row(reversal.row, "", {}), Change(reversal.record, UPDATED, own, beside), columns, known))
        yield row, reversal.resource, reversal.record, line.action, line.column, line.before, line.after


def _values(reversal: Reversal) -> Mapping[str, Json]:
    """What a record that is made anew had."""
    if reversal.resource != "contacts":
        return dict(reversal.edit.after)
    before = ContactState.from_json(reversal.edit.after)
    return {**before.attributes, **{f"{CUSTOM}{of}": value for of, value in before.fields.items()}}


def _called(values: Mapping[str, Json], columns: Sequence[Column]) -> str:
    """What tells people which record it is: its cells, but for those that only the API sets."""
    own = (column for column in columns if column.writable and not (column.names or column.beside))
    told = (column.write(values[column.attribute]) for column in own if values.get(column.attribute))
    return ", ".join(filter(None, told)) or ", ".join(str(value) for value in values.values() if value)


def write_lines(folder: JobFolder, lines: Iterator[tuple[str, ...]]) -> tuple[Counter[str], list[tuple[str, ...]]]:
    """Write `undo.csv`; how many lines there are of each action, and the first of them."""
    counts: Counter[str] = Counter()
    first: list[tuple[str, ...]] = []
    with open_sink(folder.file(UNDO_CSV), HEADER) as output:
        for line in lines:
            output.write(line)
            counts[line[3]] += 1
            if len(first) < SHOWN:
                first.append(line)
    return counts, first


def said_of(
    reversible: Reversible, counts: Mapping[str, int], first: list[tuple[str, ...]], file: str
) -> Iterator[str]:
    """What is said before an undo starts; `file` has all lines, "" where it is not kept."""
    each = ", ".join(f"{count:,} {action}" for action, count in sorted(counts.items()))
    yield f"To put back: {counted(sum(counts.values()), 'thing')}" + (f": {each}" if each else "")
    for row, resource, identity, action, column, now, back in first:
        where = f"row {row}  " if row else ""
        told = change_told(action, column, now, back) if column else f"{action} {excerpt(now or back, WIDTH)}"
        yield f"    {where}{resource} {identity}  {told}"
    more = sum(counts.values()) - len(first)
    if more:
        yield f"    … and {more:,} more"
    if any(line[0] for line in first):
        yield "  Rows are those of the undone job's file."
    if file:
        yield f"  Each thing has a line in {file}"
    never = sum(reversal.never for reversal in reversible.reversals)
    if never:
        made = f"{counted(never, 'subscription')} {agreeing(never, 'was', 'were')} made new"
        yield f"  {made}: they will be unsubscribed, which is not 'never there'."
    replaced = sum(
        reversal.edit.aspect is Aspect.RECORD and reversal.edit.after is not None for reversal in reversible.reversals
    )
    if replaced:
        told = agreeing(
            replaced, "was deleted: it is made anew, with a new id", "were deleted: they are made anew, with new ids"
        )
        yield f"  {counted(replaced, 'record')} {told}."
    again = sum(
        reversal.edit.aspect is Aspect.LIST and reversal.edit.after in ACTIVE and reversal.edit.before not in ACTIVE
        for reversal in reversible.reversals
    )
    if again:
        yield f"  {counted(again, 'person')} will be subscribed again, where nobody touched that since."
    for what, count in reversible.stays.items():
        yield f"  Stays: {count:,} times {what}."
    for rows, why in (
        (reversible.untold, "what was there before is not known of all that they wrote, and that stays"),
        (
            reversible.doubtful,
            "it is not known whether they have created anything: resume or retry the job first, then undo it",
        ),
    ):
        if rows:
            few = ", ".join(rows[:FEW]) + (", …" if len(rows) > FEW else "")
            yield f"  {counted(len(rows), 'row')} cannot be undone, or not as a whole ({few}): {why}."
    yield "  Mails that were sent and automations that were set off stay so."
