"""What a job has changed of records by themselves is put back: cells, records that it has created or deleted."""

# hub: it carries a line out by the steps of every family of records
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from bulk.model import Aspect, Edit, Edits, Failure, Flow, Json, Outcome, Receipt, RowStatus
from bulk.planning.changes import CREATED, DELETED, UNCHANGED, UPDATED, Change
from bulk.planning.flow import Asking
from bulk.planning.kept_records import UNSET, is_hidden
from bulk.planning.names import Names
from bulk.planning.pages.collections import read_list
from bulk.planning.read_back import NotRead, read_record
from bulk.planning.record_changes import record_edits
from bulk.planning.steps.record import CREATE, NOTHING, change_record, create_record, delete_record
from bulk.planning.steps.record_search import Claims, RecordWork
from bulk.planning.understanding import Wanted
from bulk.planning.undo import beside
from bulk.planning.undo.ends import as_it_was, changed_since, field_gone, is_known, not_read, without
from bulk.planning.undo.reversals import Reversal, image_values
from bulk.planning.writers import Known, Meaning
from bulk.resources.identity import name_key, same_name
from bulk.resources.spec import CUSTOM, Column, Resource
from bulk.wording import quoted


@dataclass(frozen=True, slots=True)
class Users:
    """Records that would lose something with another: where they are listed, `{}` being the other's id.

    With a `parameter` the list is asked for those of the other. It counts who says the other's id in `points`, and has
    something in `value`, where these are given.
    """

    plural: str
    parameter: str = ""
    path: str = ""
    points: str = ""
    value: str = ""

    def read(self, record: str) -> Asking[list[str] | Receipt]:
        """The ids of those that use a record."""
        query = ((self.parameter, record),) if self.parameter else ()
        path = self.path.format(record) or self.plural
        result = yield from read_list(f"read back {self.plural}", path, self.plural, partial(self._uses, record), query)
        return result if isinstance(result, Receipt) else [identity for identity in result if identity]

    def _uses(self, record: str, one: Json) -> str:
        elsewhere = self.points in one and str(one[self.points]) != record  # one that may not be seen does not say
        empty = self.value and one.get(self.value) in (None, "", [])
        return "" if elsewhere or empty else str(one["id"])


USERS: Final[Mapping[str, tuple[Users, ...]]] = {
    "tags": (Users("contacts", "tagid"),),
    "accounts": (
        Users("accountContacts", "filters[account]"),
        Users("deals", "filters[organization]", points="account"),  # asked for those of its contacts too
        Users("notes", path="accounts/{}/notes"),
    ),
    "lists": (Users("contacts", "listid"),),
    "deals": (Users("notes", path="deals/{}/notes"),),
    "dealGroups": (Users("deals", "filters[group]"),),
    "dealStages": (Users("deals", "filters[stage]"),),
    "fields": (Users("fieldValues", "filters[fieldid]", value="value"),),
    "dealCustomFieldMeta": (Users("dealCustomFieldData", points="customFieldId", value="fieldValue"),),
    "accountCustomFieldMeta": (Users("accountCustomFieldData", points="customFieldId", value="fieldValue"),),
}
_FREE: Final = (  # what is empty in a new record, unless somebody fills it
    "description", "accountUrl", "descript", "defval", "carboncopy", "subscription_notify", "unsubscription_notify"
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class RecordUndo:
    """Puts back what a job has changed of records by themselves.

    `made` are the names that this undo has made before its lines, with their ids, "" where that is not known.
    """

    resource: Resource
    columns: tuple[Column, ...]
    meaning: Meaning
    names: Names
    claims: Claims
    made: Mapping[str, str] = field(default_factory=dict)

    def flow(self, reversal: Reversal, known: Known) -> Flow:
        """The flow of one line."""
        makes = reversal.edit.aspect is Aspect.RECORD and reversal.edit.after is not None
        return self._recreate(reversal, known) if makes else self._put_back(reversal, known)

    def _put_back(self, reversal: Reversal, known: Known) -> Flow:
        if reversal.edit.aspect is Aspect.BESIDE:
            return (yield from beside.put_back(self.resource, reversal, known))
        deletes = reversal.edit.aspect is Aspect.RECORD
        custom = bool(self.names.fields) and (deletes or reversal.edit.of.startswith(CUSTOM))
        now = yield from read_record(self.resource, reversal.record, custom=custom)
        if isinstance(now, NotRead):
            return not_read(now.said)
        if is_hidden(now[1]):
            what = f"the {self.resource.singular}"
            return changed_since(what, "in sight", "hidden, as its pipeline is gone or closed to this key")
        if now[1] is not None:
            return (yield from self._delete(reversal, now[1]) if deletes else self._change(reversal, now[1], known))
        if deletes:
            return as_it_was(known, DELETED, reversal.record)
        return changed_since(f"the {self.resource.singular}", quoted(reversal.edit.before), "it is gone")

    def _change(self, reversal: Reversal, kept: Json, known: Known) -> Flow:
        edit = reversal.edit
        if not is_known(edit.of, self.columns):
            return changed_since(f"the field {edit.of.removeprefix(CUSTOM)}", quoted(edit.before), "it is gone")
        own = self._differs({edit.of: edit.after}, kept)
        if not own:
            return as_it_was(known, UPDATED, reversal.record)
        if all(self._differs({edit.of: value}, kept) for value in reversal.left):
            return changed_since(edit.of, quoted(edit.before), quoted(kept.get(edit.of)))
        for other in reversal.along:
            more = self._differs({other.of: other.after}, kept)
            if more and other.before not in UNSET and self._differs({other.of: other.before}, kept):
                return changed_since(other.of, quoted(other.before), quoted(kept.get(other.of)))
            own += more
        return (yield from change_record(self._work(known), Change(reversal.record, UPDATED, own), kept))

    def _differs(self, values: Mapping[str, Json], kept: Json) -> tuple[Edit, ...]:
        own = {of: "" if value is None else value for of, value in values.items() if not of.startswith(CUSTOM)}
        fields = {of.removeprefix(CUSTOM): value for of, value in values.items() if of.startswith(CUSTOM)}
        known = {column.field_id for column in self.columns}
        fields = {of: "" if value is None else value for of, value in fields.items() if of in known}
        return record_edits(Wanted(own, fields), kept, self.columns)

    def _work(self, known: Known, additions: Mapping[str, Json] = NOTHING) -> RecordWork:
        wanted = Wanted(additions=dict(additions))
        return RecordWork(self.resource, self.meaning, self.names, self.claims, wanted, known)

    def _delete(self, reversal: Reversal, kept: Json) -> Flow:
        for edit in self._differs(image_values(reversal.image), kept):
            return changed_since(edit.of, quoted(edit.after), quoted(edit.before))
        image = image_values(reversal.image)
        for of, value in kept.items():
            if (of.startswith(CUSTOM) or of in _FREE) and of not in image and value not in (*UNSET, []):
                return changed_since(of, quoted(""), quoted(value))
        for others in USERS.get(self.resource.name, ()):
            users = yield from others.read(reversal.record)
            if isinstance(users, Receipt):
                return not_read(users.error)
            if users and not reversal.row:  # a name that rows needed: it goes only if nobody has it
                return Outcome(RowStatus.UNCHANGED, UNCHANGED, reversal.record)
            if users:
                return changed_since(
                    f"the {self.resource.singular}", "unused", f"{others.plural} {', '.join(users[:5])} have it"
                )
        edits = Edits(reversal.record, (Edit(Aspect.RECORD, reversal.record, kept, None),))
        return (yield from delete_record(self.resource, reversal.record, edits))

    def _recreate(self, reversal: Reversal, known: Known) -> Flow:
        kept = reversal.edit.after
        own = tuple(Edit(Aspect.VALUE, of, None, value) for of, value in self._values(kept).items())
        if reversal.ours:  # it is not known whether the job had deleted it
            now = yield from read_record(self.resource, reversal.record, custom=False)
            if isinstance(now, NotRead):
                return not_read(now.said)
            if now[1] is not None:
                return Outcome(RowStatus.UNCHANGED, UNCHANGED, reversal.record)
        book = self.names.book(self.resource.name)
        there = self._there(kept)
        if there is None or CREATE in known.begun:
            outcome = yield from create_record(self._work(known, _additions(kept)), Change("", CREATED, own))
            return without(outcome, self._lost(kept)) if outcome.id else outcome
        # names that lines need are made before them; any other was there, and is not ours to delete again
        if not self._is_made(book.name_of(there), there):
            return Outcome(RowStatus.UNCHANGED, UNCHANGED, there)
        return without((yield from self._complete(there, own, known)), self._lost(kept))

    def _lost(self, kept: Json) -> list[Failure]:
        """The values of custom fields that are gone."""
        values = (of for of, value in kept.items() if of.startswith(CUSTOM) and value not in (None, "", []))
        return [field_gone(of) for of in values if not is_known(of, self.columns)]

    def _complete(self, record: str, own: tuple[Edit, ...], known: Known) -> Flow:
        """Give a record that was made by its name alone all that the deleted one had."""
        now = yield from read_record(self.resource, record, custom=bool(self.names.fields))
        if isinstance(now, NotRead):
            return not_read(now.said)
        more = self._differs(image_values(own), now[1] or {})
        if more:
            change = Change(record, CREATED, more)
            outcome = yield from change_record(self._work(known), change, now[1])
            return replace(outcome, action=CREATED) if outcome.action == UPDATED else outcome
        return Outcome(RowStatus.SUCCEEDED, CREATED, record)

    def _there(self, kept: Json) -> str | None:
        """The id of a record of the same key that is there, where no two should have one."""
        resource, book = self.resource, self.names.book(self.resource.name)
        if not resource.unique or kept.get("tagType", "contact") != "contact":  # a template's may be called alike
            return None
        if resource.called not in resource.key_attributes:
            also = str(kept.get(resource.also_called) or "")
            return next((i for i, one in book.records.items() if also and same_name(one.label, also)), None)
        name = str(kept.get(resource.called) or "")
        if not resource.within:
            return book.id_of(name)
        within = str(kept.get(resource.within) or "")
        return next((i for i in book.records if book.is_called(i, name, within)), None)

    def _values(self, kept: Json) -> dict[str, Json]:
        """What a record that was deleted is made with."""
        points = {column.names for column in self.resource.columns if column.names}
        wanted = {c.attribute for c in self.columns if c.writable and not c.names and not c.beside}
        return {
            of: value for of, value in kept.items()
            if of in wanted and value not in (UNSET if of in points else ("", None))
        }  # fmt: skip

    def _is_made(self, name: str, identity: str) -> bool:
        """Whether this undo has made the record of a name."""
        made = {name_key(called): known for called, known in self.made.items()}
        return made.get(name_key(name)) in ("", identity)


def _additions(kept: Json) -> dict[str, Json]:
    """What stood beside a record that was deleted: the options of a field, the stages of a pipeline."""
    options = [tuple(option[:3]) for option in kept.get("options") or ()]
    beside = {"options": options, "stages": kept.get("stages")}
    return {of: some for of, some in beside.items() if some}
