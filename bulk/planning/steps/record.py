"""Writing a record by itself: created, changed or deleted, with what belongs to it, by small generators of requests.

They carry out what `rows.record` has decided. Creates may not be repeated: after a lost answer the account is read for
exactly what was sent; only a record that is newer than the job and no other row's is taken for ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bulk.model import Aspect, Edit, Edits, Failure, Flow, Json, Outcome, Receipt, Request, RowStatus, Verdict
from bulk.planning import answers
from bulk.planning.changes import CREATED, DELETED, UNCHANGED, UPDATED, Change, split_custom, values_after
from bulk.planning.differences import GONE, perhaps
from bulk.planning.flow import Asking
from bulk.planning.kept_records import CHOSEN, CURRENCY_OF
from bulk.planning.names import Names
from bulk.planning.pages.ends import id_of
from bulk.planning.settling import deleted, settled
from bulk.planning.steps.additions import ADDITIONS, Owner
from bulk.planning.steps.contact_links import Done
from bulk.planning.steps.record_search import RecordWork, look_for
from bulk.resources.kinds import MONEY, VALUES
from bulk.resources.spec import Resource

CREATE: Final = "create"
CHANGE: Final = "change"
DELETE: Final = "delete"
NOTHING: Final[Mapping[str, Json]] = {}


def change_record(work: RecordWork, change: Change, kept: Json) -> Flow:
    """Set what differs, then write what belongs to the record. `kept` is what the account held of it.

    A change that is a creation gives the rest to a record that the job has made by its name.
    """
    done, identity = Done(), change.record
    values, fields = split_custom(values_after(change.own))
    owner = Owner(identity, kept, made=identity == work.known.made, begun=work.known.begun)
    wants = _wants(CHANGE, values, fields, work.wanted.additions)
    if change.own:
        singular, says = work.resource.singular, {"id": identity}
        request = Request(
            CHANGE, "PUT", f"{work.resource.name}/{identity}", body=_body(work, values, fields, kept), keep=_nothing,
            expects=singular, says=says,
            edits=Edits(identity, (*change.own, *_chosen(work.resource, change, kept)), made=change.action == CREATED),
        )  # fmt: skip
        receipts = yield (request,)
        if not done.take(receipts[0]):
            return _ended(done, "", identity, wants)
    more = yield from _add(work, owner, done)
    wants = _wants(CHANGE, values, fields, work.wanted.additions, more)
    return _ended(done, UPDATED if done.changed else UNCHANGED, identity, wants)


def _chosen(resource: Resource, change: Change, kept: Json) -> list[Edit]:
    """What the account will choose besides, with what it held: a deal in another pipeline gets another stage."""
    own = {edit.of for edit in change.own}
    chosen = CHOSEN.get(resource.name, {}).items()
    return [Edit(Aspect.VALUE, of, kept.get(of), None) for of, by in chosen if by in own and of not in own]


def create_record(work: RecordWork, change: Change) -> Flow:
    """Create the record, and what belongs to it."""
    values, fields = split_custom(values_after(change.own))
    request = Request(
        CREATE, "POST", work.resource.name, body=_body(work, values, fields, values), expects=work.resource.singular,
        keep=lambda body: str(id_of(body[work.resource.singular])), says=answers.record(work.resource, values),
        edits=Edits("", change.own, made=True),
    )  # fmt: skip
    receipt, result = yield from settled(request, lambda step: look_for(work, step, values))
    if not receipt.ok and result is None:
        return _refused(receipt)
    identity = result or str(receipt.data)
    work.claims.take(identity)
    done = Done(changed=True)
    more = yield from _add(work, Owner(identity, None, begun=work.known.begun), done)
    wants = _wants(CREATE, values, fields, work.wanted.additions, more)
    return _ended(done, CREATED, identity, wants)


def delete_record(resource: Resource, identity: str, edits: Edits) -> Flow:
    """Delete a record by its id."""
    done = Done()
    done.take((yield from deleted(DELETE, f"{resource.name}/{identity}", edits)))
    return _ended(done, DELETED if done.changed else UNCHANGED, identity, GONE)


def _add(work: RecordWork, owner: Owner, done: Done) -> Asking[Mapping[str, Json]]:
    """Write what belongs to the record and is no part of it; gives what more is to be found then."""
    addition = ADDITIONS.get(work.resource.name)
    if addition is None:
        return {}
    return (yield from addition(owner, work.wanted.additions, done))


# ---- the body


def _body(work: RecordWork, values: Mapping[str, Json], fields: Mapping[str, Json], entire: Mapping[str, Json]) -> Json:
    several = {c.attribute for c in work.meaning.columns if c.kind is VALUES}
    record: dict[str, Json] = {of: [] if value == "" and of in several else value for of, value in values.items()}
    if fields:
        money = {c.field_id for c in work.meaning.columns if c.field_id and c.kind is MONEY}
        record["fields"] = [
            {"customFieldId": int(identity), "fieldValue": value}
            | ({"fieldCurrency": _currency(work.names, identity, entire)} if identity in money else {})
            for identity, value in fields.items()
        ]
    return {work.resource.singular: record}


def _currency(names: Names, field_id: str, entire: Mapping[str, Json]) -> Json:
    """The currency of a custom field's money: as it is, else as the field says, else the record's own."""
    on_record = entire.get(f"{CURRENCY_OF}{field_id}")
    default = next((custom.currency for custom in names.fields if custom.id == field_id), "")
    return on_record or default.lower() or entire.get("currency") or "usd"


# ---- how it ends


def _nothing(_body: Json) -> Json:
    return None


def _refused(receipt: Receipt) -> Outcome:
    in_doubt = receipt.verdict is Verdict.IN_DOUBT
    code = "no_answer" if in_doubt else receipt.code
    status = RowStatus.IN_DOUBT if in_doubt else RowStatus.FAILED
    return Outcome(status, failures=(Failure(receipt.step, code, receipt.error),))


def _wants(
    step: str, values: Mapping[str, Json], fields: Mapping[str, Json], additions: Mapping[str, Json],
    more: Mapping[str, Json] = NOTHING,
) -> Json:  # fmt: skip
    """What a row has brought about, to be read back; `more`: what else is to be found beside the record."""
    beside = {of: list(some) for of, some in additions.items()} | more.get("beside", {})
    wants = {"values": dict(values), "fields": dict(fields), "beside": beside, "only": more.get("only")}
    return {"step": step} | {name: value for name, value in wants.items() if value}


def _ended(done: Done, action: str, identity: str, wants: Json = None) -> Outcome:
    if done.failures:
        status = RowStatus.IN_DOUBT if done.in_doubt else RowStatus.FAILED
        return Outcome(status, action, identity, tuple(done.failures), perhaps(wants or {}, there=action == "created"))
    if action == "unchanged":
        return Outcome(RowStatus.UNCHANGED, action, identity)
    return Outcome(RowStatus.SUCCEEDED, action, identity, wants=wants)
