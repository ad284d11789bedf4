"""Who may be subscribed: how people stand with their lists is read, and what follows from it is decided here.

Nobody who left a list, bounced on it or has not confirmed it yet is subscribed without being asked for. What a reading
says counts only if it speaks of the contact that was asked for and holds all of its lists.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Final

from bulk.model import Admission, Aspect, Edit, Edits, Failure, Json, Readings, Request, Standing
from bulk.planning.flow import Asking
from bulk.planning.pages.collections import PAGE, Refused, read_allowed
from bulk.planning.state import has_bounced
from bulk.resources.identity import loose_key
from bulk.resources.presets.consent import Consent

UNCONFIRMED, SUBSCRIBED, UNSUBSCRIBED, BOUNCED = "0", "1", "2", "3"
ACTIVE: Final = (UNCONFIRMED, SUBSCRIBED)  # statuses that a person has agreed to
STATUS_WORDS: Final = {
    UNCONFIRMED: "unconfirmed", SUBSCRIBED: "subscribed", UNSUBSCRIBED: "unsubscribed", BOUNCED: "bounced"
}  # fmt: skip
NEVER: Final = ""  # stands for the status of who was never on a list
ASKED_TO_RETURN: Final = 4  # `sourceid` that ActiveCampaign wants with a resubscription
RELATION: Final = "contactLists"

# ---- reading


def read_standings(contacts: Sequence[str]) -> Request:
    """Ask how so many contacts stand, a hundred at most; the receipt's data is id -> `Standing` of those it tells."""
    query = (*(("ids[]", contact) for contact in contacts), ("include", RELATION), ("limit", str(PAGE)))
    keep = partial(_standings, frozenset(contacts))
    return Request("standings", "GET", "contacts", query, keep=keep, expects="contacts")


def read_standing(contact: str) -> Request:
    """Ask how one contact stands; the receipt's data is as of `read_standings`."""

    def keep(body: Json) -> Json:
        result = _standings({contact}, body | {"contacts": [body["contact"]]})
        if not result:
            raise LookupError("another contact, or one without its lists")
        return result

    query = (("include", RELATION),)
    path = f"contacts/{contact}"
    return Request("standing", "GET", path, query, keep=keep, expects="contact", says={"id": contact})


STANDINGS: Final = Readings(read_standing, read_standings, PAGE)


def _standings(asked: AbstractSet[str], body: Json) -> dict[str, Standing]:
    """Those of the contacts asked for that the body tells with all their lists."""
    links = body.get(RELATION)
    if not isinstance(links, list):  # `include` was passed over
        return {}
    people = {str(contact["id"]): contact for contact in body["contacts"]}
    mine: dict[str, dict[str, Json]] = {identity: {} for identity in people}
    for link in links:
        mine.setdefault(str(link["contact"]), {})[str(link["id"])] = link
    return {
        identity: _standing(contact, mine[identity])
        for identity, contact in people.items()
        if identity in asked and _is_complete(contact, mine[identity])
    }


def _is_complete(contact: Json, links: Mapping[str, Json]) -> bool:
    """Whether what came beside a contact is what it says that it has; a server that heeds `include` says it."""
    listed = contact.get(RELATION)
    return isinstance(listed, list) and {str(identity) for identity in listed} <= links.keys()


def _standing(contact: Json, links: Mapping[str, Json]) -> Standing:
    return Standing(
        {str(link["list"]): str(link["status"]) for link in links.values()},
        {str(link["list"]): str(link.get("udate") or "") for link in links.values()},
        has_bounced(contact),
        any(str(contact.get(flag) or "0") != "0" for flag in ("deleted", "anonymized")),
        str(contact.get("email") or ""),
    )


@dataclass(frozen=True, slots=True)
class Exclusions:
    """The account's exclusion list: phrase, how it is meant, and the ids of the lists that it is about, () for all."""

    rules: tuple[tuple[str, str, tuple[str, ...]], ...] = ()

    def has(self, email: str, mailing: str) -> bool:
        """Whether an address is excluded from a list. A rule of an unknown kind excludes all that hold it."""
        address = loose_key(email)  # too many rather than too few
        return bool(address) and any(
            _meets(address, phrase, kind) for phrase, kind, lists in self.rules if not lists or mailing in lists
        )


NO_EXCLUSIONS: Final = Exclusions()


def _meets(address: str, phrase: str, kind: str) -> bool:
    if kind == "exact":
        return address == phrase
    return address.endswith(phrase) if kind == "end" else phrase in address


def read_exclusions() -> Asking[Exclusions | Refused]:
    """Read the account's exclusion list, a hundred rules a request; with some keys it may not be read."""
    result = yield from read_allowed("lists/exclusions", "exclusions", optional=True)
    if isinstance(result, Refused):
        return result
    rules = ((loose_key(str(rule.get("matchPhrase") or "")), rule) for rule in result["exclusions"])
    return Exclusions(
        tuple(
            (phrase, str(rule.get("matchType") or ""), tuple(str(mailing) for mailing in rule.get("lists") or ()))
            for phrase, rule in rules
            if phrase and str(rule.get("channel") or "email") == "email"
        )
    )


# ---- deciding


@dataclass(frozen=True, slots=True)
class Subscription:
    """A contact is to have a list in a status: `name` is the list's.

    `resubscribe`: the user asks for those too who left before `began`, the moment of that decision (0.0: not known);
    who is `excluded` is never meant. `is_new`: the job has created the contact. `undoes`: it puts back what a job made.
    """

    contact: str
    list: str
    name: str
    status: str
    resubscribe: bool = False
    began: float = 0.0
    excluded: Exclusions = NO_EXCLUSIONS
    is_new: bool = False
    undoes: bool = False

    @property
    def step(self) -> str:
        """What the step is called."""
        return f"list {self.name}"

    def request(self, made_by: str) -> Request:
        """The request, which may leave only when it is known how the contact stands."""
        return replace(self._request(), admission=Admission(self.contact, STANDINGS, self.decide, made_by))

    def decide(self, standing: Standing) -> Request | Failure | None:
        """What follows from how the contact stands: the request, why it is refused, or None: it is so already."""
        current = standing.lists.get(self.list, NEVER)
        if current == self.status and not (standing.bounced and self.resubscribe):
            return None
        if self.undoes and (current, self.status) == (SUBSCRIBED, UNCONFIRMED):  # they get less mail by it
            return self._request(before=current)
        away = standing.bounced or current not in (*ACTIVE, NEVER)
        return self._why_not(standing, current, away=away) or self._request(returning=away, before=current)

    def _why_not(self, standing: Standing, current: str, *, away: bool) -> Failure | None:
        if standing.erased or self.excluded.has(standing.email, self.list):
            what = "contact was deleted or made anonymous" if standing.erased else "address is on the exclusion list"
            return self._refused("excluded", f"This {what}, so it is not subscribed to {self.name!r}.")
        if current == UNCONFIRMED and not self.resubscribe:
            said = f"This person has not confirmed {self.name!r} yet. Only ⟦resubscribe⟧ would do it for them."
            return self._refused("unconfirmed", said)
        if away and not self.resubscribe:
            how = "unsubscribed from" if current == UNSUBSCRIBED else "bounced on"
            said = f"This person {how} {self.name!r}. Only ⟦resubscribe⟧ would subscribe them again."
            return self._refused("opted_out", said)
        if current not in (SUBSCRIBED, NEVER) and self._left_since(standing.left.get(self.list, "")):
            said = f"This person left {self.name!r} after this job began, so they stay off it."
            return self._refused("opted_out", said)
        return None

    def _refused(self, code: str, said: str) -> Failure:
        return Failure(self.step, code, said)

    def _left_since(self, left: str) -> bool:
        """Whether they left after the user's decision, as far as the account says when that was."""
        moment = when_left(left)
        return bool(self.began) and moment is not None and moment >= self.began

    def _request(self, *, returning: bool = False, before: str | None = None) -> Request:
        edit = Edit(Aspect.LIST, self.list, before or None, self.status, self.name)
        request = list_request(self.step, self.contact, self.list, self.status, returning=returning)
        return replace(request, edits=Edits(self.contact, (edit,), self.is_new))


def withheld(name: str, consent: str, *, known: bool) -> Failure:
    """Why a person is not subscribed to a list of whom the source of the file says that.

    `known`: they are not on it; else they may be, and stay.
    """
    stay = "" if known else " If they are on it already, they stay on it."
    step, after = f"list {name}", f"so they are not put on {name!r}.{stay}"
    match consent:
        case Consent.LEFT:
            return Failure(step, "opted_out", f"The file says that this person has unsubscribed, {after}")
        case Consent.BOUNCED:
            return Failure(step, "bounced", f"The file says that this address bounced, {after}")
        case Consent.UNCONFIRMED:
            return Failure(step, "unconfirmed", f"The file says that this person has not confirmed, {after}")
    return Failure(step, "unclear", f"The file does not say clearly that this person agreed, {after}")


def when_left(date: str) -> float | None:
    """The moment of ActiveCampaign's date for leaving, None where it does not say one, as without a zone."""
    try:
        moment = datetime.fromisoformat(date)
    except ValueError:
        return None
    return moment.timestamp() if moment.tzinfo is not None else None


def list_request(step: str, contact: str, identity: str, status: str, *, returning: bool = False) -> Request:
    """Give a contact's list a status; `returning` says that they asked to come back."""
    link: dict[str, Json] = {"list": identity, "contact": contact, "status": int(status)}
    if returning:
        link["sourceid"] = ASKED_TO_RETURN
    return Request(
        step, "POST", RELATION, body={"contactList": link}, expects="contactList",
        keep=lambda body: "contacts" in body, says={"list": identity, "contact": contact, "status": int(status)},
    )  # fmt: skip
