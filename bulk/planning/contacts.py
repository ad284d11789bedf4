"""A row of contacts -> its flow: the contact itself, then its tags, lists and account, which need only its id.

Each family of steps is a small generator of its own, run side by side; a step that fails does not hold back another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from bulk.model import ANOTHER_RECORD, Failure, Flow, Json, Outcome, Receipt, Request, Row, RowStatus, Verdict
from bulk.planning import answers
from bulk.planning.collections import read_list
from bulk.planning.consent import ACTIVE, SUBSCRIBED, UNSUBSCRIBED
from bulk.planning.damage import looks_damaged
from bulk.planning.differences import GONE, perhaps
from bulk.planning.flow import Asking, combined
from bulk.planning.links import (
    OTHER_ADDRESS,
    Contact,
    Done,
    Employment,
    ListWork,
    add_tags,
    look_up_contact,
    remove_tags,
    set_account,
    set_lists,
)
from bulk.planning.made import made_contact
from bulk.planning.names import Book, Names
from bulk.planning.pages import id_of
from bulk.planning.settling import Nothing, deleted, settled
from bulk.planning.state import ATTRIBUTES, ContactState, has_bounced
from bulk.planning.unchanged import of_contact
from bulk.planning.writers import Estimate, Known, Meaning, Own
from bulk.resources.contacts import OPPOSITES
from bulk.resources.identity import name_key, same_address
from bulk.resources.kinds import EMAIL, NAMES, Problem, find_name
from bulk.resources.spec import Column

DELETE: Final = "delete"
CONTACT: Final = "contact"  # the step that writes the contact itself
BY_ID: Final = "contact by id"  # the same, where the answer to the first was about somebody else
REPAIR: Final = "repair"  # the step that writes it once more, where the row has made it before
LOOK_FIRST: Final = "look up"  # the step that asks whose an address is


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a row asks for, read and resolved: only what its cells name; "" clears."""

    attributes: Mapping[str, str]
    fields: Mapping[str, Json]
    tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    unsubscribe_lists: tuple[str, ...] = ()
    account: str | None = None  # None: left alone, "": taken out of its account


def read_row(row: Row, meaning: Meaning) -> Wanted | Failure:
    """Read the row's cells; a `Failure` if two cells of it contradict each other."""
    cells = meaning.cells(row)
    if isinstance(cells, Failure):
        return cells
    attributes: dict[str, str] = {}
    fields: dict[str, Json] = {}
    names: dict[str, tuple[str, ...]] = {}
    account: str | None = None
    for column, value in cells:
        if column.field_id:
            fields[column.field_id] = value
        elif column.kind.name == "names":
            names[column.attribute] = tuple(value)
        elif column.attribute == "account":
            account = value.strip()
        elif column.attribute in ATTRIBUTES:
            attributes[column.attribute] = value
    for add, remove in OPPOSITES:
        both = {name_key(name) for name in names.get(add, ())} & {name_key(name) for name in names.get(remove, ())}
        if both:
            return Failure("", "contradiction", f"{min(both)!r} stands in {add} and in {remove}. Keep one of the two.")
    return Wanted(attributes, fields, account=account, **names)


@dataclass(frozen=True, slots=True)
class ContactRows:
    """The writer of contacts."""

    meaning: Meaning
    names: Names

    def estimate(self, own: Own, known: Known) -> Estimate | Failure:
        """About how many requests a contact takes, and the names it needs; one that is not known is taken for new."""
        wanted = _beside(own.row, known) or read_row(own.row, self.meaning)
        if isinstance(wanted, Failure):
            return wanted
        if self.meaning.mode == "delete":
            return Estimate(1)
        refused = self.meaning.damaged(own.row, partial(_current, known.state, self.names, own.row))
        if refused is not None:
            return refused.failures[0]
        if self.meaning.mode == "update" and known.absent:
            return Estimate(1)
        state = known.state if self.meaning.mode != "create" else None
        requests = self._requests(wanted, state, absent=known.absent)
        on = [] if state is None else [identity for identity, status in state.lists.items() if status in ACTIVE]
        lists = _statuses(replace(wanted, unsubscribe_lists=()), self.names).keys()
        accounts = [("accounts", wanted.account)] if wanted.account else []
        return Estimate(requests, (*(("tags", name) for name in wanted.tags), *accounts), bool(lists - set(on)))

    def _requests(self, wanted: Wanted, state: ContactState | None, *, absent: bool) -> int:
        """About how many requests a row takes whose contact is in this state, None: it is `absent` or not known."""
        if state is None:
            looked_up = self.meaning.mode == "update" and self.meaning.key != "id"
            links = len(wanted.tags) + len(wanted.lists) + len(wanted.unsubscribe_lists)
            there = self.meaning.mode != "create" and not absent  # perhaps
            left = (1 + there) * (wanted.account is not None)  # who is there is asked for the account that they are in
            return 1 + looked_up + links + there * 2 * bool(wanted.remove_tags) + left
        tags = {self.names.book("tags").id_of(name) for name in wanted.tags}
        removed = _tags(wanted.remove_tags, self.names).keys() & state.tags.keys()
        lists = [i for i, (_name, status) in _statuses(wanted, self.names).items() if state.lists.get(i) != status]
        account = self.names.book("accounts").id_of(wanted.account) if wanted.account else wanted.account
        moved = wanted.account is not None and account not in state.accounts
        left = (len(state.accounts) + bool(wanted.account)) * moved
        own = _differs(wanted, state, self.meaning.columns)
        return own + len(tags - state.tags.keys()) + len(removed) + len(lists) + left

    def own(self, row: Row, known: Known) -> Own:
        """The row without what its contact holds."""
        stored = known.stored or known.state
        left = of_contact(row, self.meaning, self.names, stored)
        return Own(left, None if stored is None or left is row else (stored.id, None))

    def flow(self, row: Row, known: Known) -> Flow:
        """The flow of one contact."""
        return contact_flow(row, self.meaning, self.names, known)


def contact_flow(row: Row, meaning: Meaning, names: Names, known: Known) -> Flow:
    """The flow of one row; what is there already is not sent again."""
    state = known.state
    beside = _beside(row, known)
    row = of_contact(row, meaning, names, known.stored or state)
    wanted = beside or _addressed(read_row(row, meaning), row, known.stored or state, meaning)
    if isinstance(wanted, Failure):
        return Outcome(RowStatus.REJECTED, failures=(wanted,))
    if meaning.mode == "delete":
        return (yield from _delete(row, wanted, meaning, known))
    damaged = meaning.damaged(row, partial(_current, state, names, row))
    if damaged is not None and not {CONTACT, REPAIR} & known.begun:
        return damaged
    if state is not None and meaning.mode != "create" and not _differs(wanted, state, meaning.columns):
        contact, own = Contact(state.id, "unchanged", state.bounced), False
    else:
        written = yield from _WRITERS[_mode(meaning, wanted)](row, wanted, meaning, known)
        if isinstance(written, Done):
            return _unwritten(written, wanted, row)
        contact, own = written, True
    new = contact.action == "created"
    if state is not None and state.id != contact.id and not new:
        state = None  # it was made anew by somebody else, and has lost what it had when the account was read
    linked = None if new else state  # as one has that was made by this row
    statuses = _statuses(wanted, names)
    current = state.lists if state is not None and known.fresh else None
    if new and current is not None:  # on no list, but who left one before stays off it
        current = {identity: status for identity, status in current.items() if status not in ACTIVE}
    refused = tuple(_refused(wanted, names))
    job = _employment(wanted, names)
    parts = [
        add_tags(contact.id, _tags(wanted.tags, names), linked),
        remove_tags(contact.id, {} if new else _tags(wanted.remove_tags, names), state),
        set_lists(_list_work(contact, statuses, current, meaning, wanted, known.stored or state)),
        set_account(contact.id, job, linked, new=new),
    ]
    done: list[Done] = yield from combined(parts)
    # a contact that was not there and is, after a send of ours whose answer was lost, was created by that send
    action = "created" if known.absent and contact.repeated else contact.action
    if action == "unchanged" and any(part.changed for part in done):
        action = "updated"
    failures = (*refused, *(failure for part in done for failure in part.failures))
    if failures:
        status = RowStatus.IN_DOUBT if any(part.in_doubt for part in done) else RowStatus.FAILED
    else:
        status = RowStatus.UNCHANGED if action == "unchanged" else RowStatus.SUCCEEDED
    wants = _wants(wanted, names, linked, own=own) if status is not RowStatus.UNCHANGED else None
    return Outcome(status, action, contact.id, failures, perhaps(wants, there=own) if failures else wants)


def _unwritten(written: Done, wanted: Wanted, row: Row) -> Outcome:
    """The end of a row whose contact was not written, or perhaps was."""
    if not written.in_doubt:
        return Outcome(RowStatus.FAILED, failures=tuple(written.failures))
    sent = {"attributes": dict(wanted.attributes), "fields": dict(wanted.fields)}
    wants = perhaps(sent, there=False, key=row.key)
    return Outcome(RowStatus.IN_DOUBT, failures=tuple(written.failures), wants=wants)


def _wants(wanted: Wanted, names: Names, state: ContactState | None, *, own: bool) -> Json:
    """What the row has brought about, to be read back: its `own` values if they were sent, and what belongs to it."""
    current = state.tags if state is not None else {}
    tags = {identity: name for identity, name in _tags(wanted.tags, names).items() if identity not in current}
    wants: dict[str, Json] = {
        "attributes": dict(wanted.attributes) if own else {}, "fields": dict(wanted.fields) if own else {},
        "tags": tags, "untags": _tags(wanted.remove_tags, names),
        "lists": {identity: [name, status] for identity, (name, status) in _statuses(wanted, names).items()},
    }  # fmt: skip
    account = names.book("accounts").id_of(wanted.account) if wanted.account else None
    if account:
        wants["account"] = [account, wanted.account, None]
    elif wanted.account == "":
        wants["left"] = ""
    return {name: value for name, value in wants.items() if value != {}}


def _list_work(
    contact: Contact, statuses: Mapping[str, tuple[str, str]], current: Mapping[str, str] | None, meaning: Meaning,
    wanted: Wanted, stored: ContactState | None,
) -> ListWork:  # fmt: skip
    """What becomes of the contact's lists by this job's choices."""
    email = wanted.attributes.get("email") or (stored.attributes.get("email", "") if stored is not None else "")
    return ListWork(contact, statuses, current, meaning.resubscribe, meaning.began, meaning.excluded, email)


def _beside(row: Row, known: Known) -> Failure | None:
    """What is wrong with a row whose id is that of somebody else than its address."""
    if not known.beside or known.begun:
        return None
    said = f"The id in this row is that of {known.beside}, not of {row.values.get('email', row.key).strip()}."
    ways = "To give that person this address: --key id. To go by the address alone, leave the ids out: --map 'id='."
    return Failure("", "contradiction", f"{said} {ways}")


def _addressed(wanted: Wanted | Failure, row: Row, stored: ContactState | None, meaning: Meaning) -> Wanted | Failure:
    """With the address that the contact has where the row's is the same; one without an address is found by its id."""
    if isinstance(wanted, Failure) or stored is None or meaning.key == "id" or "email" in row.values:
        return wanted
    address = stored.attributes.get("email", "")
    if isinstance(EMAIL.read(address, None, ""), Problem):  # or with one that would be refused today
        return wanted
    return replace(wanted, attributes={"email": address, **wanted.attributes})


def _current(state: ContactState | None, names: Names, row: Row, column: Column) -> str | None:
    """What the account holds of a contact where a column's cell would go."""
    if state is None:
        return None
    if column.attribute in _LINKED:
        family, links = _LINKED[column.attribute]
        return _current_names(row.values[column.attribute], column, links(state), names.book(family))
    return state.fields.get(column.field_id) if column.field_id else state.attributes.get(column.attribute)


_LINKED: Final[Mapping[str, tuple[str, Callable[[ContactState], Mapping[str, str]]]]] = {
    "tags": ("tags", lambda state: state.tags),
    "remove_tags": ("tags", lambda state: state.tags),
    "lists": ("lists", lambda state: state.lists),
    "unsubscribe_lists": ("lists", lambda state: state.lists),
    "account": ("accounts", lambda state: state.accounts),
}


def _current_names(text: str, column: Column, ids: Iterable[str], book: Book) -> str | None:
    """The cell itself if it looks odd and yet names nothing but what the contact has; None if it need not be asked."""
    if not looks_damaged(column, text.strip()):
        return None
    wanted = column.read(text) if column.kind is NAMES else [text.strip()]
    if isinstance(wanted, Problem) or not all(any(book.is_called(i, name) for i in ids) for name in wanted):
        return None
    return text


def _refused(wanted: Wanted, names: Names) -> Iterator[Failure]:
    """What the row names and the account would not take."""
    needed = [("tags", name) for name in wanted.tags] + ([("accounts", wanted.account)] if wanted.account else [])
    return filter(None, (names.refusal(family, name) for family, name in needed))


def _employment(wanted: Wanted, names: Names) -> Employment | None:
    """The account that the row wants; None where it says nothing of it, or what there is not."""
    if wanted.account is None:
        return None
    identity = names.book("accounts").id_of(wanted.account) if wanted.account else ""
    return None if identity is None else Employment(identity, wanted.account)


def _tags(wanted: Sequence[str], names: Names) -> dict[str, str]:
    """Ids and names of tags; one that the account does not know is on nobody."""
    ids = ((names.book("tags").id_of(name), name) for name in wanted)
    return {identity: name for identity, name in ids if identity}


def _statuses(wanted: Wanted, names: Names) -> dict[str, tuple[str, str]]:
    """Ids of lists with their names and the status that is wanted."""
    if not wanted.lists and not wanted.unsubscribe_lists:
        return {}
    lists = tuple(names.book("lists").records.values())
    named = [(name, SUBSCRIBED) for name in wanted.lists] + [(n, UNSUBSCRIBED) for n in wanted.unsubscribe_lists]
    result = ((find_name(name, lists), name, status) for name, status in named)
    return {option.id: (name, status) for option, name, status in result if option}


def _delete(row: Row, wanted: Wanted, meaning: Meaning, known: Known) -> Flow:
    """Delete the contact; one that is not there is as wanted."""
    identity = row.key if meaning.key == "id" else known.state.id if known.state else ""
    if not identity and not (known.absent and not known.look_first):
        result = yield from look_up_contact("look up", wanted.attributes["email"])
        if not result.ok:
            return Outcome(RowStatus.FAILED, failures=(Failure(result.step, result.code, result.error),))
        identity = str(result.data["id"]) if result.data else ""
    if not identity:
        gone = DELETE in known.begun  # by a send of ours whose answer was lost
        return Outcome(RowStatus.SUCCEEDED if gone else RowStatus.UNCHANGED, "deleted" if gone else "unchanged")
    receipt = yield from deleted(DELETE, f"contacts/{identity}")
    if receipt.was_so:
        return Outcome(RowStatus.UNCHANGED, "unchanged", identity)
    if receipt.ok:
        return Outcome(RowStatus.SUCCEEDED, "deleted", identity, wants=GONE)
    status = RowStatus.IN_DOUBT if receipt.verdict is Verdict.IN_DOUBT else RowStatus.FAILED
    return Outcome(status, failures=(Failure(DELETE, receipt.code, receipt.error),))


def _differs(wanted: Wanted, state: ContactState, columns: Sequence[Column]) -> bool:
    """Whether the contact's own values differ from what the row wants (its tags, lists and account aside)."""
    for name, value in wanted.attributes.items():
        current = state.attributes.get(name, "")
        if current != value and not (name == "email" and same_address(current, value)):
            return True
    kinds = {column.field_id: column.kind for column in columns if column.field_id}
    return any(not kinds[identity].same(state.fields.get(identity), value) for identity, value in wanted.fields.items())


# ---- the contact itself


def _body(wanted: Wanted) -> Json:
    contact: dict[str, Json] = dict(wanted.attributes)
    if wanted.fields:
        contact["fieldValues"] = [{"field": identity, "value": value} for identity, value in wanted.fields.items()]
    return {"contact": contact}


def _kept(body: Json) -> Json:
    contact = body["contact"]
    return [str(id_of(contact)), has_bounced(contact)]


def _says(wanted: Wanted) -> dict[str, Json]:
    """What an answer must say to speak of the row's contact."""
    email = wanted.attributes.get("email")
    return {"email": answers.address(email)} if email else {}


_Written = Contact | Done  # the latter: it was not written, or may not have been


def _failed(receipt: Receipt, wanted: Wanted) -> Done:
    in_doubt = receipt.verdict is Verdict.IN_DOUBT
    code = "no_answer" if in_doubt else receipt.code
    email = wanted.attributes.get("email")
    said = f"{email}: {receipt.error}" if code == "duplicate" and email else receipt.error
    return Done([Failure(receipt.step, code, said)], in_doubt=in_doubt)


def _made_by(receipt: Receipt, identity: str, known: Known) -> str:
    """The step that has just made a contact for sure: sent once, called new, of an id that was nobody's before."""
    first = receipt.status == 201 and receipt.attempts == 1
    new = first and known.highest is not None and int(identity) > known.highest
    return receipt.step if new else ""


def _action(receipt: Receipt, identity: str, wanted: Wanted, known: Known) -> str:
    """What a sync has done: made the contact, also by an earlier send whose answer was lost, changed it, or neither."""
    made_before = receipt.attempts > 1 and 0 <= known.newest < int(identity)
    if receipt.status == 201 or made_before:
        return "created"
    return "updated" if wanted.fields or set(wanted.attributes) - {"email"} else "unchanged"


def _upsert(_row: Row, wanted: Wanted, _meaning: Meaning, known: Known) -> Asking[_Written]:
    if known.look_first and CONTACT not in known.begun:
        result = yield from look_up_contact(LOOK_FIRST, wanted.attributes["email"])
        if not result.ok:
            return _failed(result, wanted)
    receipts = yield (
        Request(
            CONTACT, "POST", "contact/sync", body=_body(wanted), keep=_kept, expects="contact", says=_says(wanted),
            searches=True,
        ),
    )  # fmt: skip
    if not receipts[0].ok and receipts[0].code == ANOTHER_RECORD:
        return (yield from _by_id(receipts[0], wanted))
    if not receipts[0].ok:
        return _failed(receipts[0], wanted)
    identity, bounced = receipts[0].data
    return Contact(
        identity,
        _action(receipts[0], identity, wanted, known),
        bounced,
        _made_by(receipts[0], identity, known),
        receipts[0].attempts > 1,
    )


def _by_id(receipt: Receipt, wanted: Wanted) -> Asking[_Written]:
    """What becomes of a row whose answer was about somebody else, who may have been changed by what was sent.

    It is not sent to an address again. Whom the account has under the row's own address gets it by the id, which can
    change nobody else; if that is nobody, it stays in doubt.
    """
    email = wanted.attributes["email"]
    result = yield from look_up_contact(f"look up after {CONTACT}", email, sent=True)
    if not result.ok or result.data is None:
        known = result.error if result.code == OTHER_ADDRESS else f"It is not known whether there is a contact {email}."
        known = f"There is no contact {email}." if result.ok else known
        ways = "Look whether somebody was changed. It is not sent again; to send it once more, import failed.csv."
        return Done([Failure(CONTACT, ANOTHER_RECORD, f"{receipt.error} {known} {ways}")], in_doubt=True)
    identity = str(result.data["id"])
    says = {"id": identity, **_says(wanted)}
    path = f"contacts/{identity}"
    receipts = yield (Request(BY_ID, "PUT", path, body=_body(wanted), keep=_kept, expects="contact", says=says),)
    if not receipts[0].ok:
        return _failed(receipts[0], wanted)
    return Contact(identity, "updated", receipts[0].data[1], repeated=True)


def _create(_row: Row, wanted: Wanted, meaning: Meaning, known: Known) -> Asking[_Written]:
    """Create, which may not be repeated: a lost answer is settled by reading for exactly what was sent."""
    if known.made and CONTACT not in known.begun:
        made = yield from _repair(wanted, meaning, known)
        if made is not None:
            return made

    def look(step: str) -> Asking[Mapping[str, Json] | Nothing]:
        result = yield from look_up_contact(step, wanted.attributes["email"])
        if not result.ok and result.code != OTHER_ADDRESS:
            return Nothing.UNKNOWN
        return Nothing.ABSENT if result.data is None else result.data

    request = Request(
        CONTACT, "POST", "contacts", body=_body(wanted), keep=_kept, expects="contact", says=_says(wanted)
    )
    receipt, result = yield from settled(request, look)
    if result is not None:
        return (yield from _after_a_lost_answer(receipt.step, result, wanted, meaning, known))
    if not receipt.ok:
        return _failed(receipt, wanted)
    identity, bounced = receipt.data
    return Contact(identity, "created", bounced, _made_by(receipt, identity, known))


def _repair(wanted: Wanted, meaning: Meaning, known: Known) -> Asking[_Written | None]:
    """Give the contact that the row has created before what it lacks; None if there is none of its address."""
    says = {"id": known.made, **_says(wanted)}
    request = Request(
        REPAIR, "PUT", f"contacts/{known.made}", body=_body(wanted), keep=_kept, expects="contact", says=says
    )
    if REPAIR not in known.begun:  # else decided by an earlier run
        state = yield from made_contact(known, wanted.attributes["email"])
        if isinstance(state, Failure):
            return Done([state])
        if state is None:
            return None
        if not _differs(wanted, state, meaning.columns):
            return Contact(state.id, "unchanged", state.bounced)
    receipts = yield (request,)
    return Contact(known.made, "updated", receipts[0].data[1]) if receipts[0].ok else _failed(receipts[0], wanted)


def _after_a_lost_answer(
    step: str, contact: Mapping[str, Json], wanted: Wanted, meaning: Meaning, known: Known
) -> Asking[_Written]:
    """Whether a contact that was found after a lost answer is the one that was sent: newer, and of its values."""
    identity = str(contact["id"])
    if int(identity) <= known.newest:
        said = "There was a contact with this e-mail before the job began. --mode upsert would change it."
        return Done([Failure(CONTACT, "duplicate", said)])
    sent = {**wanted.attributes, "email": contact["email"]}  # found by it; a server may write it its own way
    same = all(str(contact.get(name) or "") == value for name, value in sent.items())
    if same and wanted.fields:
        name, path = f"look up values after {step}", f"contacts/{identity}/fieldValues"
        current = yield from read_list(name, path, "fieldValues", lambda one: [str(one["field"]), one.get("value")])
        if isinstance(current, Receipt):
            return Done([Failure(CONTACT, "no_answer", current.error)], in_doubt=True)
        values, kinds = dict(current), {column.field_id: column.kind for column in meaning.columns if column.field_id}
        same = all(kinds[field].same(values.get(field), value) for field, value in wanted.fields.items())
    if same:
        return Contact(identity, "created", bool(contact["bounced"]))
    doubt = "The answer was lost, and a contact with this e-mail but other values exists. Look at it by hand."
    return Done([Failure(CONTACT, "no_answer", doubt)], in_doubt=True)


def _update(row: Row, wanted: Wanted, meaning: Meaning, known: Known) -> Asking[_Written]:
    if meaning.key == "id":
        identity = row.key
    elif (stored := known.state or known.stored) is not None:
        identity = stored.id
    else:
        result = yield from look_up_contact("look up", wanted.attributes["email"])
        if not result.ok:
            return _failed(result, wanted)
        if result.data is None:
            missing = "There is no contact with this e-mail. --mode upsert would create it."
            return Done([Failure(CONTACT, "not_found", missing)])
        identity = str(result.data["id"])
    says = {"id": identity, **_says(wanted)}
    path = f"contacts/{identity}"
    receipts = yield (Request(CONTACT, "PUT", path, body=_body(wanted), keep=_kept, expects="contact", says=says),)
    if not receipts[0].ok and receipts[0].code == "duplicate" and "email" in wanted.attributes:
        return (yield from _taken_address(receipts[0], wanted))
    return Contact(identity, "updated", receipts[0].data[1]) if receipts[0].ok else _failed(receipts[0], wanted)


def _taken_address(receipt: Receipt, wanted: Wanted) -> Asking[Done]:
    """A change of address that was refused since somebody has it; who that is, a question tells."""
    done = _failed(receipt, wanted)
    result = yield from look_up_contact("look up who has it", wanted.attributes["email"])
    if not result.ok or result.data is None:
        return done
    failure = done.failures[0]
    who = f"The contact with the id {result.data['id']} has it: change or delete that one first."
    return Done([Failure(failure.step, failure.code, f"{failure.error}. {who}")])


_Writer = Callable[[Row, Wanted, Meaning, Known], Asking[_Written]]


def _mode(meaning: Meaning, wanted: Wanted) -> str:
    """What a row does: by id it changes who is there, for an id never makes anybody; so it is without an address."""
    by_id = meaning.key == "id" or not wanted.attributes.get("email")
    return "update" if by_id and meaning.mode == "upsert" else meaning.mode


_WRITERS: Final[Mapping[str, _Writer]] = {"upsert": _upsert, "create": _create, "update": _update}
