"""Whether an answer is ActiveCampaign's own, and the answer to its request. Pure; the only place that compares.

An answer confirms only what it says. One that speaks of another record, or is not of the documented shape, confirms
nothing, whatever its status: it becomes a damaged one, which the table of verdicts (`retry`) has repeated or left in
doubt. Such an answer may have been meant for another request on the same connection, so who sends closes that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from bulk.model import ALL, Json, Lost, Reply, Request, fits

UNKNOWN_SHAPE: Final = "of an unknown shape"  # the damage of a sound body that does not hold what was asked for
NOT_ITS_OWN: Final = "not one of ActiveCampaign's own"
ANOTHER: Final = "about another record"  # begins the damage of an answer to some other request
PAGE: Final = "not JSON"  # the damage of a page: HTML or text
_MISSING: Final = re.compile(r"no result found for (\w+) with id (\d+)", re.IGNORECASE)
# what the records of a collection are called where there is none of an id; of other collections it is not documented
_MODELS: Final[Mapping[str, str]] = {
    "contacts": "Subscriber contact", "tags": "Tag", "contactTags": "SubscriberTag", "lists": "_List",
    "fields": "Field", "fieldRels": "FieldRel", "fieldValues": "FieldValue", "accounts": "CustomerAccount",
    "accountContacts": "CustomerAccountSubscriber", "contactAutomations": "SubscriberSeries",
    "contactDeals": "SubscriberDeal", "dealGroups": "DealGroup", "dealStages": "DealStage", "notes": "Note",
    "campaigns": "Campaign", "addresses": "Address", "messages": "Message", "groups": "Group",
}  # fmt: skip
_CUSTOM: Final = re.compile(r"(deal|account)CustomField(Meta|Data)/")  # whose 404 names no id
_SAYS_DELETED: Final = re.compile(r"(CustomField(Meta|Data)|campaigns)/")  # whose deletes answer with a message
_EMPTY_WHEN_DELETED: Final = "fieldOptions/"
# what is no record: the key of a batch of contacts, and where it stands, which is false while nobody has looked at it
_VALUES: Final[Mapping[str, Callable[[Json], bool]]] = {
    "batchId": lambda value: isinstance(value, str) and bool(value),
    "status": lambda value: value is False or (isinstance(value, str) and bool(value)),
}


def confirmed(request: Request, reply: Reply) -> Reply:
    """The reply as far as it may be believed: with its damage where it is not the API's own answer to this request.

    It says so itself from then on, and is not compared again.
    """
    if reply.compared or (reply.damage and not _needs_no_body(request, reply)):
        return reply
    return replace(reply, damage=_damage(request, reply), compared=True)


def believed(request: Request, reply: Reply) -> Reply:
    """As `confirmed`, for who does not hand it on: a reply that is sound is not copied to say that it was compared."""
    if reply.compared or reply.damage or _damage(request, reply):
        return confirmed(request, reply)
    return reply


def contradicts(reply: Reply) -> bool:
    """Whether a sound answer was compared and is none to its request: its connection must not be used any more."""
    return reply.compared and bool(reply.damage)


def is_page(reply: Reply | Lost) -> bool:
    """Whether it is a page of somebody between here and ActiveCampaign, who answers in its place."""
    return isinstance(reply, Reply) and reply.damage == PAGE


def says_absent(request: Request, reply: Reply) -> bool:
    """Whether the API itself says that there is no such record; for some it is documented to do so with a 403."""
    if reply.status not in (403, 404) or not isinstance(reply.body, dict):
        return False
    missing = _MISSING.fullmatch(_message(reply.body).strip())
    if missing:
        collection, _, identity = request.path.rpartition("/")
        models = _MODELS.get(collection, "").casefold().split()
        return missing[2] == identity and (not models or missing[1].casefold() in models)
    errors = reply.body.get("errors")
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    return bool(_CUSTOM.match(request.path)) and str(first.get("status")) == "404"


def unread_damage(error: Exception) -> str:
    """The damage of a sound body out of which what was asked for cannot be read."""
    lacks = isinstance(error, KeyError) and bool(error.args)
    return f"{UNKNOWN_SHAPE}: {f'a record in it has no {error.args[0]!r}' if lacks else 'a value in it makes no sense'}"


def tells_value(request: Request, reply: Reply) -> bool:
    """Whether a question for a value was answered by it, which may be that something else has failed."""
    asked = request.method == "GET" and request.expects in _VALUES
    return asked and 200 <= reply.status < 300 and not reply.damage


def is_misshapen(request: Request, reply: Reply) -> bool:
    """Whether the answer to a question came whole, and does not hold what was asked for."""
    return request.method == "GET" and reply.status < 300 and reply.damage.startswith(UNKNOWN_SHAPE)


def _needs_no_body(request: Request, reply: Reply) -> bool:
    """Whether an empty body is what the API answers with: documented for the options of a field alone."""
    deletes = request.method == "DELETE" and request.path.startswith(_EMPTY_WHEN_DELETED)
    return deletes and reply.status == 200 and reply.damage == "empty"


def _damage(request: Request, reply: Reply) -> str:
    """Why a sound body does not confirm what its status says; "" if it does."""
    if reply.status >= 300:
        return _refusal_damage(request, reply)
    if request.method == "DELETE":
        return "" if _says_deleted(request, reply) else UNKNOWN_SHAPE
    if not request.expects:
        return ""
    body = reply.body
    if not isinstance(body, dict) or request.expects not in body:
        return f"{UNKNOWN_SHAPE}: it has no {request.expects!r}"
    return _content_damage(request, body[request.expects])


def _content_damage(request: Request, result: Json) -> str:
    makes_sense = _VALUES.get(request.expects)
    if makes_sense:
        return "" if makes_sense(result) else f"{UNKNOWN_SHAPE}: its {request.expects!r} makes no sense"
    records = result if isinstance(result, list) else [result]
    if not all(isinstance(record, dict) for record in records) or (request.method != "GET" and not records):
        return f"{UNKNOWN_SHAPE}: its {request.expects!r} are no records"
    return next(_contradictions(request, records), "")


def _refusal_damage(request: Request, reply: Reply) -> str:
    """A delete is told that there is nothing to delete by the API alone, and about the record that was meant."""
    if request.absent_is_done and reply.status == 404 and not says_absent(request, reply):
        missing = isinstance(reply.body, dict) and _MISSING.search(_message(reply.body))
        return ANOTHER if missing else NOT_ITS_OWN
    return ""


def _says_deleted(request: Request, reply: Reply) -> bool:
    if _needs_no_body(request, reply) or reply.body == {}:
        return True
    return isinstance(reply.body, dict) and bool(_SAYS_DELETED.search(request.path)) and "message" in reply.body


def _contradictions(request: Request, records: list[dict[str, Json]]) -> Iterator[str]:
    says = request.says
    if ALL in says and not fits(records, says[ALL]):
        yield f"{ANOTHER}s than were asked for"
    for record in records:
        if request.method != "GET" and "id" not in record and not any(name in record for name in says):
            yield UNKNOWN_SHAPE
        for name, wanted in says.items():
            if name != ALL and name in record and not fits(record[name], wanted):
                yield f"{ANOTHER}: its {name} is not the one that was asked for"


def _message(body: Mapping[str, Json]) -> str:
    message = body.get("message")
    return message if isinstance(message, str) else ""
