"""An account of which a test knows every moment: who left which list when, and who was subscribed in spite of it."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from bulk.engine.reading_pace import WINDOW
from bulk.model import Reply, Request

BEGAN: Final = 1_800_000_000.0  # when the job began, on the account's clock
LISTS: Final = ("1", "2")


@dataclass
class Person:
    id: str
    email: str
    lists: dict[str, str] = field(default_factory=dict)
    left: dict[str, float] = field(default_factory=dict)  # list -> since when they are not to be subscribed
    told: dict[str, float] = field(default_factory=dict)  # list -> when they unsubscribed, as the account tells it
    bounced: bool = False
    erased: float | None = None  # since when
    read: float = -math.inf  # when the last question left whose answer told how they stood


@dataclass
class Account:
    """What the account holds, and what it answers; every subscription is held against what it knew ten seconds before.

    `asked`: those who left before the job may be subscribed. `wrong` tells of those who may not and were.
    """

    chance: random.Random
    lie: str
    asked: bool
    people: dict[str, Person] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    readings: int = 0
    requests: int = 0
    subscriptions: int = 0
    oldest: float = 0.0  # seconds from a reading to the subscription that it let through, at most

    def add(self, email: str) -> Person:
        person = Person(str(100 + 3 * len(self.people)), email)
        self.people[person.id] = person
        return person

    def leave(self, person: Person, how: str, now: float) -> None:
        """One person leaves all lists, however that is."""
        for mailing in LISTS:
            person.left.setdefault(mailing, now)
            if how == "unsubscribed":
                person.told[mailing] = now
            if how in ("unsubscribed", "bounced on the list", "not confirmed"):
                person.lists[mailing] = {"unsubscribed": "2", "bounced on the list": "3"}.get(how, "0")
        person.bounced |= how == "address bounced"
        if how == "erased" and person.erased is None:
            person.erased = now

    def answer(self, request: Request, now: float) -> Reply:
        """Answer a request that leaves at `now`."""
        self.requests += 1
        self.readings += request.step in ("standing", "standings")
        if request.path == "contactLists":
            return self._subscribe(request.body["contactList"], now)
        if request.path in ("contact/sync", "contacts") and request.method == "POST":
            return self._sync(request, now)
        if request.method == "PUT":
            return Reply(200, {"contact": self._record(self.people[request.path.rpartition("/")[2]])})
        if request.path == "contacts":
            return self._page(request, now)
        if request.path.startswith("contacts/"):
            return self._one(request.path.rpartition("/")[2], request, now)
        return Reply(200, {"user": {"id": "1"}})

    def _subscribe(self, link: dict[str, Any], now: float) -> Reply:
        person, mailing, status = self.people[link["contact"]], str(link["list"]), str(link["status"])
        since = person.left.get(mailing)
        self.subscriptions += 1
        self.oldest = max(self.oldest, now - person.read)
        if self.asked:  # only who was erased, or unsubscribed after the user had decided, as far as that is told
            told = person.told.get(mailing, 0.0)
            since = min((at for at in (person.erased, told if told >= 1 else None) if at is not None), default=None)
        if since is not None and now - since > WINDOW:
            self.wrong.append(f"{person.email} left {mailing} {now - since:.2f} s before")
        else:  # they are on it again, whatever was before
            person.told.pop(mailing, None)
        changed = person.lists.get(mailing) != status
        person.lists[mailing] = status
        body = {"contactList": dict(link, id="1")}
        return Reply(200, body | {"contacts": [self._record(person)]} if changed else body)

    def _sync(self, request: Request, now: float) -> Reply:
        email = request.body["contact"]["email"]
        known = next((one for one in self.people.values() if one.email == email), None)
        if known is not None and request.path == "contacts":
            return Reply(422, {"errors": [{"title": "taken", "code": "duplicate"}]})
        person = known or self.add(email)
        if known is None:
            person.read = now
        new = known is None or self.lie == "201 for an update"
        return Reply(201 if new else 200, {"contact": self._record(person)})

    def _page(self, request: Request, now: float) -> Reply:
        query = dict(request.query)
        if "email" in query:
            people = [one for one in self.people.values() if one.email == query["email"]]
        else:
            ids = {value for name, value in request.query if name == "ids[]"}
            people = [one for one in self.people.values() if one.id in ids]
        for person in people:
            person.read = now
        if self.lie == "ids[] ignored":
            people = list(self.people.values())[: self.chance.randrange(8)]
        return Reply(200, self._beside(people, request) | {"contacts": [*map(self._record, people)], **self._meta()})

    def _one(self, identity: str, request: Request, now: float) -> Reply:
        person = self.people[identity]
        person.read = now
        if self.lie == "another contact" and self.chance.random() < 0.5:
            person = self.chance.choice(list(self.people.values()))
        return Reply(200, self._beside([person], request) | {"contact": self._record(person)})

    def _meta(self) -> dict[str, Any]:
        return {"meta": {"total": str(len(self.people) // (3 if self.lie == "totals too low" else 1))}}

    def _beside(self, people: list[Person], request: Request) -> dict[str, Any]:
        if self.lie == "include ignored" and request.path == "contacts":
            return {}
        links = [
            {"id": f"{one.id}{mailing}", "contact": one.id, "list": mailing, "status": status,
             "udate": _text(one, mailing)}
            for one in people
            for mailing, status in one.lists.items()
        ]  # fmt: skip
        return {"contactLists": links}

    def _record(self, person: Person) -> dict[str, Any]:
        relation = {} if self.lie == "include ignored" else {
            "contactLists": [f"{person.id}{mailing}" for mailing in person.lists]
        }  # fmt: skip
        flags = {"bounced_hard": str(int(person.bounced)), "deleted": str(int(person.erased is not None))}
        return {"id": person.id, "email": person.email, "firstName": "A", **flags, **relation}


def _text(person: Person, mailing: str) -> str:
    since = person.told.get(mailing)
    return "" if since is None else datetime.fromtimestamp(BEGAN + since, UTC).isoformat(timespec="seconds")
