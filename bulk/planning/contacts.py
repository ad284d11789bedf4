"""A row of contacts -> its flow: the contact itself, then its tags, lists and account, which need only its id.

Each family of steps is a small generator of its own, run side by side; a step that fails does not hold back another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Final

from bulk.model import Failure, Flow, Json, Outcome, Receipt, Request, Row, RowStatus, Verdict
from bulk.planning.collections import FEW, PAGE
from bulk.planning.names import Names
from bulk.planning.state import ATTRIBUTES, ContactState, has_bounced
from bulk.planning.together import Asking, together
from bulk.resources.kinds import Problem, find_name
from bulk.resources.spec import CLEAR, Column

SUBSCRIBED, UNSUBSCRIBED, BOUNCED = "1", "2", "3"
ASKED_TO_RETURN: Final = 4  # `sourceid` that ActiveCampaign wants with a resubscription
SENDS: Final = 2  # of a step that may not be repeated blindly, in one run, each settled by reading
CONTACT: Final = "contact"  # the step that writes the contact itself
_Failures = list[Failure]


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


@dataclass(frozen=True, slots=True)
class Meaning:
    """What rows mean in this job: the user's choices that shape every flow."""

    columns: tuple[Column, ...]
    mode: str = "upsert"
    key: str = "email"
    blank: str = "keep"
    resubscribe: bool = False


@dataclass(slots=True)
class _Done:
    """What one family of steps brought about."""

    failures: _Failures = field(default_factory=list)
    in_doubt: bool = False
    changed: bool = False

    def take(self, receipt: Receipt, *, changed: bool = True) -> bool:
        """Note a receipt; whether it was accepted."""
        if receipt.ok:
            self.changed |= changed
            return True
        self.failures.append(Failure(receipt.step, receipt.code, receipt.error))
        self.in_doubt |= receipt.verdict is Verdict.IN_DOUBT
        return False


def read_row(row: Row, meaning: Meaning) -> Wanted | Failure:
    """Read the row's cells by the kinds of their columns; a `Failure` if two cells of it contradict each other."""
    attributes: dict[str, str] = {}
    fields: dict[str, Json] = {}
    names: dict[str, tuple[str, ...]] = {}
    account: str | None = None
    for column in meaning.columns:
        text = row.values[column.attribute]
        cleared = text.strip() == CLEAR or (meaning.blank == "clear" and not text.strip())
        if not cleared and not text.strip():
            continue
        value = "" if cleared else column.read(text)
        if isinstance(value, Problem):
            return Failure("", value.code, f"{column.header}: {value.message} {value.hint}")
        if column.field_id:
            fields[column.field_id] = value
        elif column.kind.name == "names":
            names[column.attribute] = tuple(value)
        elif column.attribute == "account":
            account = value.strip()
        elif column.attribute in ATTRIBUTES:
            attributes[column.attribute] = value
    for add, remove in (("tags", "remove_tags"), ("lists", "unsubscribe_lists")):
        both = {name.casefold() for name in names.get(add, ())} & {name.casefold() for name in names.get(remove, ())}
        if both:
            return Failure("", "contradiction", f"{min(both)!r} stands in {add} and in {remove}. Keep one of the two.")
    return Wanted(attributes, fields, account=account, **names)


def contact_flow(
    row: Row, meaning: Meaning, names: Names, state: ContactState | None, *, fresh: bool = True, absent: bool = False
) -> Flow:
    """The flow of one row.

    `state` is what the account held when the job began, None if it was not read; what is there already is not sent
    again. `fresh` False: it was read too long ago to decide by it who may be subscribed. `absent`: it was read, and
    the contact was not there.
    """
    wanted = read_row(row, meaning)
    if isinstance(wanted, Failure):
        return Outcome(RowStatus.REJECTED, failures=(wanted,))
    if state is not None and meaning.mode != "create" and not _differs(wanted, state, meaning.columns):
        contact = _Contact(state.id, "unchanged", state.bounced)
    else:
        written = yield from _WRITERS[meaning.mode](row, wanted, meaning, state)
        if isinstance(written, _Done):
            status = RowStatus.IN_DOUBT if written.in_doubt else RowStatus.FAILED
            return Outcome(status, failures=tuple(written.failures))
        contact = written
    new = contact.action == "created"
    linked = None if new else state  # made anew by this row, it has lost what it had when the account was read
    parts = [
        _add_tags(contact.id, wanted.tags, names, linked),
        _remove_tags(contact.id, () if new else wanted.remove_tags, names, state),
        _set_lists(_ListWork(contact, wanted, names, state if fresh else None, meaning.resubscribe)),
        _set_account(contact.id, wanted.account, names, linked, new=new),
    ]
    done: list[_Done] = yield from together(parts)
    # a contact that was not there and is, after a send of ours whose answer was lost, was created by that send
    action = "created" if absent and contact.repeated else contact.action
    if action == "unchanged" and any(part.changed for part in done):
        action = "updated"
    failures = tuple(failure for part in done for failure in part.failures)
    if failures:
        status = RowStatus.IN_DOUBT if any(part.in_doubt for part in done) else RowStatus.FAILED
    else:
        status = RowStatus.UNCHANGED if action == "unchanged" else RowStatus.SUCCEEDED
    return Outcome(status, action, contact.id, failures)


def _differs(wanted: Wanted, state: ContactState, columns: Sequence[Column]) -> bool:
    """Whether the contact's own values differ from what the row wants (its tags, lists and account aside)."""
    for name, value in wanted.attributes.items():
        held = state.attributes.get(name, "")
        if held != value and not (name == "email" and held.casefold() == value.casefold()):
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
    return [str(contact["id"]), has_bounced(contact)]


def _again_and_again(step: str) -> Iterator[str]:
    """Names for the sends of a step that may not be repeated blindly."""
    yield step
    yield f"{step} again"
    yield from (f"{step} again {number}" for number in count(2))


@dataclass(frozen=True, slots=True)
class _Contact:
    """The contact of a row, once it is there: what became of it, and whether its address bounced for good.

    `repeated`: it was sent more than once.
    """

    id: str
    action: str
    bounced: bool = False
    repeated: bool = False


_Written = _Contact | _Done  # the latter: it was not written, or may not have been


def _failed(receipt: Receipt) -> _Done:
    in_doubt = receipt.verdict is Verdict.IN_DOUBT
    code = "no_answer" if in_doubt else receipt.code
    return _Done([Failure(receipt.step, code, receipt.error)], in_doubt=in_doubt)


def _upsert(_row: Row, wanted: Wanted, _meaning: Meaning, _state: ContactState | None) -> Asking[_Written]:
    receipts = yield (Request(CONTACT, "POST", "contact/sync", body=_body(wanted), keep=_kept, expects="contact"),)
    if not receipts[0].ok:
        return _failed(receipts[0])
    identity, bounced = receipts[0].data
    action = "created" if receipts[0].status == 201 else "updated"
    return _Contact(identity, action, bounced, repeated=receipts[0].attempts > 1)


def _look_up(step: str, email: str) -> Asking[Receipt]:
    def keep(body: Json) -> Json:
        found = [c for c in body["contacts"] if str(c.get("email", "")).strip().casefold() == email.casefold()]
        return {name: found[0].get(name) for name in ("id", *ATTRIBUTES)} if found else None

    receipts = yield (Request(step, "GET", "contacts", (("email", email),), keep=keep, expects="contacts"),)
    return receipts[0]


def _create(_row: Row, wanted: Wanted, _meaning: Meaning, _state: ContactState | None) -> Asking[_Written]:
    """Create, which may not be repeated: a lost answer is settled by reading for exactly what was sent."""
    sends = 0
    for step in _again_and_again(CONTACT):
        receipts = yield (
            Request(step, "POST", "contacts", body=_body(wanted), repeatable=False, keep=_kept, expects="contact"),
        )
        if receipts[0].ok:
            return _Contact(receipts[0].data[0], "created")
        if receipts[0].verdict is not Verdict.IN_DOUBT:
            return _failed(receipts[0])
        found = yield from _look_up(f"look up after {step}", wanted.attributes["email"])
        if not found.ok:
            return _failed(receipts[0])
        if found.data is not None:
            sent = {**wanted.attributes, "email": found.data["email"]}  # found by it; a server may write it its own way
            if all(str(found.data.get(name) or "") == value for name, value in sent.items()):
                return _Contact(str(found.data["id"]), "created")
            doubt = "The answer was lost, and a contact with this e-mail but other values exists. Look at it by hand."
            return _Done([Failure(CONTACT, "no_answer", doubt)], in_doubt=True)
        sends += not receipts[0].from_before
        if sends == SENDS:
            return _failed(receipts[0])
    raise AssertionError("the steps do not end")


def _update(row: Row, wanted: Wanted, meaning: Meaning, state: ContactState | None) -> Asking[_Written]:
    if meaning.key == "id":
        identity = row.key
    elif state is not None:
        identity = state.id
    else:
        found = yield from _look_up("look up", wanted.attributes["email"])
        if not found.ok:
            return _failed(found)
        if found.data is None:
            missing = "There is no contact with this e-mail. --mode upsert would create it."
            return _Done([Failure(CONTACT, "not_found", missing)])
        identity = str(found.data["id"])
    path = f"contacts/{identity}"
    receipts = yield (Request(CONTACT, "PUT", path, body=_body(wanted), keep=_kept, expects="contact"),)
    return _Contact(identity, "updated", receipts[0].data[1]) if receipts[0].ok else _failed(receipts[0])


_Writer = Callable[[Row, Wanted, Meaning, "ContactState | None"], Asking[_Written]]
_WRITERS: Final[Mapping[str, _Writer]] = {"upsert": _upsert, "create": _create, "update": _update}


# ---- tags


def _add_tags(identity: str, tags: Sequence[str], names: Names, state: ContactState | None) -> Asking[_Done]:
    done = _Done()
    held = state.tags if state else {}
    requests = tuple(
        Request(
            f"tag {name}",
            "POST",
            "contactTags",
            body={"contactTag": {"contact": identity, "tag": names.book("tags").id_of(name)}},
            keep=lambda body: "contacts" in body,
            expects="contactTag",
        )
        for name in tags
        if names.book("tags").id_of(name) not in held
    )
    if requests:
        for receipt in (yield requests):
            done.take(receipt, changed=bool(receipt.data) or receipt.status == 201)
    return done


def _remove_tags(identity: str, tags: Sequence[str], names: Names, state: ContactState | None) -> Asking[_Done]:
    done = _Done()
    found = ((names.book("tags").id_of(name), name) for name in tags)
    wanted = {identity: name for identity, name in found if identity}
    if not wanted:
        return done  # a tag that the account does not know is on nobody
    held = dict(state.tags) if state else (yield from _links(identity, "contactTags", ("tag", "id"), done))
    requests = tuple(
        Request(f"remove tag {name}", "DELETE", f"contactTags/{held[tag]}", absent_is_done=True)
        for tag, name in wanted.items()
        if tag in held
    )
    if requests:
        for receipt in (yield requests):
            done.take(receipt)
    return done


def _links(identity: str, plural: str, pick: tuple[str, str], done: _Done) -> Asking[dict[str, str]]:
    """Read all of a contact's links of one family, as a dict of the two attributes picked; {} if it failed."""
    found: dict[str, str] = {}
    while True:
        receipts = yield (
            Request(
                f"look up {plural} {len(found)}", "GET", f"contacts/{identity}/{plural}",
                (("limit", str(PAGE)), ("offset", str(len(found)))), expects=plural,
                keep=lambda body: [[str(link[name]) for name in pick] for link in body[plural]],
            ),
        )  # fmt: skip
        if not done.take(receipts[0], changed=False):
            return {}
        before = len(found)
        found.update(receipts[0].data)
        if len(receipts[0].data) < FEW or len(found) == before:  # these lists tell no total
            return found


# ---- lists


@dataclass(frozen=True, slots=True)
class _ListWork:
    contact: _Contact
    wanted: Wanted
    names: Names
    state: ContactState | None
    resubscribe: bool


def _set_lists(work: _ListWork) -> Asking[_Done]:
    """Subscribe and unsubscribe. Nobody who left a list or bounced is subscribed again without being asked for."""
    done = _Done()
    held: Mapping[str, str] = work.state.lists if work.state else {}
    if work.wanted.lists and work.state is None and work.contact.action != "created":
        held = yield from _links(work.contact.id, "contactLists", ("list", "status"), done)
    subscribing = () if done.failures else tuple(_subscribe(work, held, done))  # who may is not known: nobody is
    requests = (*subscribing, *_unsubscribe(work, held))
    if requests:
        for receipt in (yield requests):
            done.take(receipt, changed=bool(receipt.data))
    return done


def _subscribe(work: _ListWork, held: Mapping[str, str], done: _Done) -> Iterator[Request]:
    for name in work.wanted.lists:
        identity = _list_of(name, work.names)
        status = held.get(identity, "")
        bounced = work.contact.bounced or status == BOUNCED
        left = "unsubscribed from" if status == UNSUBSCRIBED else "bounced on" if bounced else ""
        if status == SUBSCRIBED and not (bounced and work.resubscribe) and work.contact.action != "created":
            continue
        if left and not work.resubscribe:
            error = f"This person {left} {name!r}. Only --resubscribe would subscribe them again."
            done.failures.append(Failure(f"list {name}", "opted_out", error))
        else:
            yield _list_request(f"list {name}", work.contact.id, identity, 1, returning=bool(left))


def _unsubscribe(work: _ListWork, held: Mapping[str, str]) -> Iterator[Request]:
    for name in work.wanted.unsubscribe_lists:
        identity = _list_of(name, work.names)
        if held.get(identity) != UNSUBSCRIBED:
            yield _list_request(f"unsubscribe {name}", work.contact.id, identity, 2, returning=False)


def _list_of(name: str, names: Names) -> str:
    option = find_name(name, tuple(names.book("lists").records.values()))
    return option.id if option else ""


def _list_request(step: str, contact: str, identity: str, status: int, *, returning: bool) -> Request:
    link: dict[str, Json] = {"list": identity, "contact": contact, "status": status}
    if returning:
        link["sourceid"] = ASKED_TO_RETURN
    return Request(
        step, "POST", "contactLists", body={"contactList": link}, expects="contactList",
        keep=lambda body: "contacts" in body,
    )  # fmt: skip


# ---- the account


def _set_account(
    identity: str, account: str | None, names: Names, state: ContactState | None, *, new: bool
) -> Asking[_Done]:
    """Put the contact into its account; it can have one only, so it leaves the one it is in."""
    done = _Done()
    if account is None or (new and not account):
        return done
    wanted = (names.book("accounts").id_of(account) or "") if account else ""
    if state is not None:
        held = dict(state.accounts)
    elif new:
        held = {}
    else:
        receipt = yield from _look_up_accounts("look up account", identity)
        if not done.take(receipt, changed=False):
            return done
        held = receipt.data
    if wanted in held or not (wanted or held):
        return done
    for link in held.values():
        receipts = yield (Request(f"leave account {link}", "DELETE", f"accountContacts/{link}", absent_is_done=True),)
        if not done.take(receipts[0]):
            return done
    if wanted:
        yield from _join_account(identity, account, wanted, done)
    return done


def _join_account(identity: str, account: str, wanted: str, done: _Done) -> Asking[None]:
    sends = 0
    for step in _again_and_again(f"account {account}"):
        receipts = yield (
            Request(
                step, "POST", "accountContacts", body={"accountContact": {"account": wanted, "contact": identity}},
                repeatable=False, expects="accountContact",
            ),
        )  # fmt: skip
        if receipts[0].verdict is not Verdict.IN_DOUBT:
            done.take(receipts[0])
            return
        found = yield from _look_up_accounts(f"look up after {step}", identity)
        if found.ok and wanted in found.data:
            done.changed = True
            return
        sends += not receipts[0].from_before
        if not found.ok or sends == SENDS:
            done.take(receipts[0])
            return


def _look_up_accounts(step: str, identity: str) -> Asking[Receipt]:
    receipts = yield (
        Request(
            step, "GET", "accountContacts", (("filters[contact]", identity),), expects="accountContacts",
            keep=lambda body: {
                str(link["account"]): str(link["id"])
                for link in body["accountContacts"]
                if str(link["contact"]) == identity
            },
        ),
    )  # fmt: skip
    return receipts[0]
