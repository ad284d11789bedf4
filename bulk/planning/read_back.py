"""Reading back what was acknowledged: contacts with what belongs to them a hundred a request, records one by one.

A contact that an answer of many does not show is asked for alone, unless the answer is surely whole. Of each record
that is asked for there is an answer: it as it is, or `NotRead`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bulk.model import Json, Receipt, Request
from bulk.planning import answers
from bulk.planning.differences import Seen
from bulk.planning.flow import Asking, asked, combined
from bulk.planning.kept_records import CUSTOM_DATA, record_of
from bulk.planning.pages.collections import read_list
from bulk.planning.pages.ends import PAGE, total_of
from bulk.planning.state import RELATIONS, ContactState, Page, with_relations
from bulk.planning.writers import Lookup
from bulk.resources.identity import same_address
from bulk.resources.spec import CUSTOM, Resource

ENROLMENTS: Final = "contactAutomations"
DEALS: Final = "deals"  # told by their ids in each contact, or not at all
UNREAD: Final = "What it asks for was so when the account was read, and could not be read again. Run ⟦retry⟧."


@dataclass(frozen=True, slots=True)
class NotRead:
    """That a record could not be read, and what was `said` instead.

    `refused`: the API refuses it by its own word, which another try would not change.
    """

    said: str
    refused: bool = False


def read_contacts(
    ids: Sequence[str], families: Iterable[str], step: str = "read back"
) -> Asking[dict[str, Seen | NotRead]]:
    """The contacts of these ids, a page of them at most, as they are; by steps whose names begin as is said."""
    wanted = tuple(sorted(families))
    seen: dict[str, Seen | NotRead] = {}
    if len(ids) > 1:
        receipt = yield from asked(_many(ids, wanted, step))
        if receipt.ok and receipt.data is not None:
            seen = {identity: _seen(kept) for identity, kept in receipt.data["seen"].items()}
            if receipt.data["total"] == len(seen):  # the page is whole: who is not on it is not there
                seen = {identity: seen.get(identity, Seen(None)) for identity in ids}
    alone = [identity for identity in ids if identity not in seen]
    result = yield from combined([read_contact(identity, wanted, step) for identity in alone])
    return seen | dict(zip(alone, result, strict=True))


def read_contact(identity: str, families: Iterable[str], step: str = "read back") -> Asking[Seen | NotRead]:
    """One contact as it is."""
    wanted = tuple(sorted(families))

    def keep(body: Json) -> Json:  # None of the word that there is none
        return _kept(body | {"contacts": [body["contact"]]}, wanted) if "contact" in body else None

    request = Request(
        f"{step} {identity}", "GET", f"contacts/{identity}", _include(wanted), absent_is_done=True,
        expects="contact", says={"id": identity}, keep=keep, optional=True,
    )  # fmt: skip
    receipt = yield from asked(request)
    if not receipt.ok:
        return _not_read(receipt)
    if receipt.status >= 400:
        return Seen(None)
    kept: Json = receipt.data["seen"].get(identity)
    if kept is None:
        return NotRead(f"The answer does not speak of the contact {identity}.")
    if receipt.data["missing"]:
        return (yield from _joined(identity, _seen(kept), receipt.data["missing"]))
    return _seen(kept)


def _joined(identity: str, seen: Seen, families: Sequence[str]) -> Asking[Seen | NotRead]:
    """A contact with what did not come with it, family by family."""
    records: list[tuple[str, Json]] = []
    automations = set(seen.automations)
    for family in families:
        name = f"read back {family} of {identity}"
        result = yield from read_list(
            name, f"contacts/{identity}/{family}", family, lambda one: one, says={"contact": identity}
        )
        if isinstance(result, Receipt):
            return _not_read(result)
        records += [(family, record) for record in result if family in RELATIONS]
        automations |= {str(record["automation"]) for record in result if family == ENROLMENTS}
    state = None if seen.state is None else _with(seen.state, records, families)
    return Seen(state, automations, seen.deals)


def _with(state: ContactState, records: Sequence[tuple[str, Json]], families: Sequence[str]) -> ContactState:
    """The state with the families that were read apart; the others stay as they came."""
    apart = with_relations(state, records)
    own = {"fieldValues": ("fields",), "contactTags": ("tags",), "contactLists": ("lists",),
           "accountContacts": ("accounts", "titles")}  # fmt: skip
    names = [name for family in families for name in own.get(family, ())]
    return replace(state, **{name: getattr(apart, name) for name in names})


def _many(ids: Sequence[str], families: Sequence[str], step: str) -> Request:
    query = (*(("ids[]", identity) for identity in ids), ("limit", str(PAGE)), *_include(families))

    def keep(body: Json) -> Json:
        kept = _kept(body, families)
        return None if kept["missing"] else kept

    says = {"id": answers.one_of(ids)}
    return Request(step, "GET", "contacts", query, keep=keep, expects="contacts", says=says, optional=True)


def _include(families: Sequence[str]) -> tuple[tuple[str, str], ...]:
    return (("include", ",".join(families)),) if families else ()


def _kept(body: Json, families: Sequence[str]) -> Json:
    """What is written of contacts and of what came with them; `missing` are the families that did not come."""
    page = Page(body)
    automations: dict[str, list[str]] = {}
    for link in body.get(ENROLMENTS) or ():
        automations.setdefault(str(link["contact"]), []).append(str(link["automation"]))
    seen = {
        str(contact["id"]): [
            page.state(contact).to_json(),
            automations.get(str(contact["id"]), []),
            _deals(contact) if DEALS in families else None,
        ]
        for contact in page.contacts
    }
    missing = Page.missing(body, [family for family in families if family != DEALS])
    return {"seen": seen, "missing": list(missing), "total": total_of(body)}


def _deals(contact: Json) -> list[str] | None:
    """The ids of a contact's deals, None where it does not say them: a server may pass `include` over."""
    ids = contact.get(DEALS)
    return [str(one) for one in ids] if isinstance(ids, list) else None


def _seen(kept: Json) -> Seen:
    state, automations, *more = kept  # an earlier version wrote no deals down
    deals = more[0] if more else None
    return Seen(ContactState.from_json(state), frozenset(automations), None if deals is None else frozenset(deals))


@dataclass(frozen=True, slots=True)
class _Before:
    """What was found before the rows; who inherits says what of it was read anew."""

    lookup: Lookup

    def contact(self, email: str) -> ContactState | None:
        """As before."""
        return self.lookup.contact(email)

    def contact_of(self, identity: str) -> ContactState | None:
        """As before."""
        return self.lookup.contact_of(identity)

    def records(self, key: str) -> Sequence[tuple[str, Json]]:
        """As before."""
        return self.lookup.records(key)

    def is_ours(self, identity: str) -> bool:
        """As before."""
        return self.lookup.is_ours(identity)

    def is_claimed(self, identity: str) -> bool:
        """As before."""
        return self.lookup.is_claimed(identity)

    @property
    def everybody(self) -> bool:
        """As before."""
        return self.lookup.everybody

    @property
    def newest(self) -> int:
        """As before."""
        return self.lookup.newest


@dataclass(frozen=True, slots=True)
class AsRead(_Before):
    """What was found before the rows, with one contact as it was `seen` now; None: it is not known any more."""

    identity: str
    seen: Seen | None

    @property
    def state(self) -> ContactState | None:
        """The contact as it is, None if it is gone or could not be read."""
        return None if self.seen is None else self.seen.state

    def contact(self, email: str) -> ContactState | None:
        """The contact of that address."""
        if self.state is not None and same_address(self.state.attributes.get("email", ""), email):
            return self.state
        before = self.lookup.contact(email)
        return None if before is not None and before.id == self.identity else before

    def contact_of(self, identity: str) -> ContactState | None:
        """The contact of that id."""
        return self.state if identity == self.identity else self.lookup.contact_of(identity)


# ---- records by themselves


@dataclass(frozen=True, slots=True)
class RecordAsRead(_Before):
    """What was found before the rows, with one record by itself as it is `kept` now; None: it is not there any more."""

    identity: str
    kept: Json

    def records(self, key: str) -> Sequence[tuple[str, Json]]:
        """As before, but for the record of that id."""
        if key != f"id {self.identity}":
            return self.lookup.records(key)
        return () if self.kept is None else ((self.identity, self.kept),)


def read_record(resource: Resource, identity: str, *, custom: bool) -> Asking[tuple[str, Json] | NotRead]:
    """A record as it is, with its custom fields if they are asked for; the JSON is None if there is no such record."""
    path, singular = f"{resource.name}/{identity}", resource.singular

    def keep(body: Json) -> Json:  # None of the word that there is none
        return record_of(resource, _named(body[singular]), body) if singular in body else None

    request = Request(
        f"read back {identity}", "GET", path, absent_is_done=True, expects=singular, says={"id": identity}, keep=keep,
        optional=True,
    )  # fmt: skip
    receipt = yield from asked(request)
    if not receipt.ok:
        return _not_read(receipt)
    if receipt.status >= 400:
        return identity, None
    kept: Json = receipt.data
    data = CUSTOM_DATA.get(resource.name)
    if data is not None and custom:
        values = yield from read_list(
            f"read back fields of {identity}", f"{path}/{data.path}", data.path,
            lambda one: [str(one[data.field]), one.get("fieldValue")], says={data.owner: identity},
        )  # fmt: skip
        if isinstance(values, Receipt):
            return _not_read(values)
        kept = kept | {f"{CUSTOM}{field}": value for field, value in values}
    return identity, kept


def _named(record: Json) -> Json:
    """A record that names itself; an answer of none at all says nothing of what the record holds."""
    if not record.get("id"):
        raise LookupError("id")
    return record


def _not_read(receipt: Receipt) -> NotRead:
    """Why there is no answer: what the API refuses at once stays so; what was tried again may pass."""
    return NotRead(receipt.error, refused=400 <= receipt.status < 500 and receipt.attempts == 1)
