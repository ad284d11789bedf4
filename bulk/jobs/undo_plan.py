"""What a job has left to put back, found in what it has kept, and what of it cannot be taken back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from bulk.model import Aspect, Edit, Outcome, RowStatus, number_told
from bulk.planning.changes import CREATED
from bulk.planning.names import Names
from bulk.planning.undo.reversals import Reversal, Reversals
from bulk.resources import named
from bulk.resources.spec import Writing
from bulk.storage import facts
from bulk.storage.checkpoint import Checkpoint, opened_checkpoint
from bulk.storage.job_folder import CHECKPOINT, JobFolder
from bulk.storage.job_record import UNDO

UNDO_CSV: Final = "undo.csv"
FIRST_LINE: Final = 2  # below the header
_CALLED: Final = {"tags": "tag", "accounts": "name"}
_TITLED: Final = _CALLED | {"fields": "title"}  # what jobs make before their rows
_ALONG: Final[Mapping[str, str]] = {  # what goes along with what is deleted, by its resource, and is not read before
    "tags": "who carried a deleted tag does not get it again",
    "lists": "who was on a deleted list is not put on it again",
    "fields": "values that contacts had in a deleted field do not come back",
    "accounts": "contacts and deals of a deleted account are not put into it again, and its notes do not come back",
    "contacts": "deals of a deleted contact are not given to it again, its notes and automations do not come back",
    "deals": "notes of a deleted deal do not come back",
    "dealGroups": "deals of a deleted pipeline do not come back, and its stages by their titles alone",
    "dealStages": "deals of a deleted stage do not come back",
    "dealCustomFieldMeta": "values that deals had in a deleted field do not come back",
    "accountCustomFieldMeta": "values that accounts had in a deleted field do not come back",
}
_ALONG_WITH_UNUSED: Final[Mapping[str, str]] = {  # the same of what an undo has deleted: it asks first who uses that
    "contacts": "automations that a deleted contact was in do not go on",
    "dealGroups": "stages of a deleted pipeline come back by their titles alone",
}
_OFF_FOR_GOOD: Final = "somebody was unsubscribed from a list that they were never on, and stays so"


@dataclass(slots=True)
class Reversible:
    """What a job has left to put back: `reversals` in the order in which that is done, and what stays as it is."""

    reversals: list[Reversal] = field(default_factory=list)
    names: dict[str, dict[str, str]] = field(default_factory=dict)  # that the job has made: resource -> name -> id
    untold: list[str] = field(default_factory=list)  # rows of which it is not known what was there before
    doubtful: list[str] = field(default_factory=list)  # rows that may have created something
    stays: Counter[str] = field(default_factory=Counter)  # what the API does not take back
    host: str = ""
    rows_of: str = ""  # the file whose rows are meant
    latest: float = 0.0  # when the last of it was sent
    tables: tuple[str, ...] = ()  # of that file, where it has several

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
    reversible = Reversible(host=record.account, rows_of=_rows_of(folder))
    parts = [JobFolder(folder.path / name) for name in reversed(record.parts)] if record.parts else [folder]
    for part in parts:
        if part.file(CHECKPOINT).is_file():
            with opened_checkpoint(part.file(CHECKPOINT)) as checkpoint:
                _take(reversible, part, checkpoint, f"{part.name} " if record.parts else "")
    return reversible


def _take(reversible: Reversible, folder: JobFolder, checkpoint: Checkpoint, prefix: str) -> None:
    record = folder.record()
    resources: Mapping[int, str] = {}
    if record.kind == UNDO:
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
    for reversals in reversed(by_resource.values()):
        each = reversals.all()
        reversible.reversals += each
        _tell_stays(reversible, reversals, each, record.kind)
    settled = {row.number: row.outcome for row in checkpoint.rows.settled_rows()} if by_resource else {}
    for reversals in by_resource.values():
        open_rows = [row for row in reversals.doubtful if row not in settled or _is_in_doubt(settled[row])]
        reversible.doubtful += [f"{prefix}{number_told(row)}" for row in open_rows]
    reversible.tables = checkpoint.fact(facts.TABLES)
    made_names = checkpoint.fact(facts.MADE_NAMES)
    ids = {(family, identity) for family, names in made_names.items() for identity in names.values()}
    reversible.untold += [
        f"{prefix}{number_told(row)}"
        for row in checkpoint.rows.untold()  # a name that was made before the rows is told by itself
        if row not in settled or (resources.get(row), settled[row].id) not in ids
    ]
    for family, names in made_names.items():
        reversible.names.setdefault(family, {}).update(names)


def _tell_stays(reversible: Reversible, reversals: Reversals, each: Sequence[Reversal], kind: str) -> None:
    """Note what stays of what the job has done with a resource, beside the `each` that are put back."""
    along = (_ALONG if kind != UNDO else _ALONG_WITH_UNUSED).get(reversals.resource)
    replaced = sum(one.edit.aspect is Aspect.RECORD and one.edit.after is not None for one in each)
    if replaced and along:
        reversible.stays[along] += replaced
    if reversals.off_for_good:
        reversible.stays[_OFF_FOR_GOOD] += reversals.off_for_good


def _rows_of(folder: JobFolder) -> str:
    """The file whose rows the lines of an undo name; "" where it has no name, as what came through a pipe."""
    record = folder.record()
    if record.kind == UNDO:
        return str(folder.file(UNDO_CSV))
    return record.input.path if record.input is not None else record.output if record.parts else ""


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
                    Edit(Aspect.VALUE, _TITLED[family], None, book.name_of(identity) if identity in book else name),
                )
                reversals.append(Reversal(0, family, identity, Edit(Aspect.RECORD, identity, {}, None), image=image))
    return reversals
