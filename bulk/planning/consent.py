"""Who left a list or bounced on it, read by pages before the rows: nobody is subscribed again without being asked for.

Reading these people takes a request a hundred of them, asking for each row's contact one a row.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from bulk.model import Json, Receipt, Request
from bulk.planning.collections import PAGE, total_of
from bulk.planning.links import BOUNCED, UNSUBSCRIBED
from bulk.planning.state import Page
from bulk.planning.together import Asking, together

GONE: Final = (UNSUBSCRIBED, BOUNCED)  # statuses that say: not without being asked for
FAMILIES: Final = len(GONE)  # of people, for each list: so many pages at least
Hold = Callable[[str, Mapping[str, str]], None]  # is told a contact's id, and list id -> status of all that it is on


def read_gone(lists: Sequence[str], most: int, hold: Hold) -> Asking[int]:
    """Read everybody who left one of these lists or bounced on it; how many pages that took, 0: it is not known.

    It is given up where it would take more than `most` pages, and where the server does not heed what is asked: each
    contact says itself, by what is side-loaded, that it belongs here.
    """
    chains = [_Chain(identity, status, hold) for identity in lists for status in GONE]
    first = yield tuple(chain.request() for chain in chains)
    for chain, receipt in zip(chains, first, strict=True):
        chain.take(receipt)
    if any(chain.unknown for chain in chains) or sum(chain.pages for chain in chains) > most:
        return 0
    yield from together([chain.rest() for chain in chains])
    return 0 if any(chain.unknown for chain in chains) else sum(chain.read for chain in chains)


@dataclass(slots=True)
class _Chain:
    """The people of one list and status, page after page by id."""

    list: str
    status: str
    hold: Hold
    after: int = 0
    people: int = 0
    total: int | None = None
    read: int = 0
    unknown: bool = False
    ended: bool = False

    @property
    def pages(self) -> int:
        """How many pages there are, as far as the first one tells."""
        return max(1, math.ceil((self.total or 0) / PAGE))

    def request(self) -> Request:
        """The next page; the first has no bound, so that the total it tells is that of all."""
        bound = (("id_greater", str(self.after)),) if self.after else ()
        query = (
            ("listid", self.list), ("status", self.status), ("orders[id]", "ASC"), *bound, ("limit", str(PAGE)),
            ("include", "contactLists"),
        )  # fmt: skip
        name = f"gone {self.list} {self.status} {self.after}"
        keep = partial(_kept, self.list, self.status, self.after)
        return Request(name, "GET", "contacts", query, keep=keep, expects="contacts")

    def take(self, receipt: Receipt) -> None:
        """Hold a page's people."""
        self.unknown = self.unknown or not receipt.ok or receipt.data is None
        if self.unknown:
            return
        entries, total = receipt.data
        if not self.after:
            self.total = total
        for contact, statuses in entries:
            self.hold(contact, statuses)
            self.after = int(contact)
        self.people += len(entries)
        self.read += 1
        # a page that is shorter than asked does not end the reading; only the total, or an empty page, does
        self.ended = not entries or (self.total is not None and self.people >= self.total)

    def rest(self) -> Asking[None]:
        """Read on to the end."""
        while not (self.ended or self.unknown):
            self.take((yield (self.request(),))[0])


def _kept(identity: str, status: str, after: int, body: Json) -> Json:
    """Contacts with the statuses of their lists, and the total; None if these are not the people asked for."""
    if Page.missing(body, ("contactLists",)):
        return None
    page = Page(body)
    people = {str(contact["id"]): page.lists(contact) for contact in page.contacts}
    ids = [after, *map(int, people)]
    belong = all(lists.get(identity) == status for lists in people.values())
    return [list(people.items()), total_of(body)] if belong and ids == sorted(set(ids)) else None
