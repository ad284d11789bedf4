"""Reading the contacts that are new since a job began, in the order of their ids, as far as somebody needs them. Pure.

For batches it takes the place of asking what became of each: the pages are read back anyhow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bulk.planning.export import contacts_request
from bulk.planning.flow import Asking, asked
from bulk.planning.pages.ends import PAGE
from bulk.planning.pages.keyset import TOP, Ask, Gap
from bulk.planning.state import ContactState


class NewContacts:
    """The contacts above an id, a page at a time; each is read once, whatever becomes of it later."""

    def __init__(self, highest: int) -> None:
        self._cursor = highest
        self.is_free = True

    def read(self, more: Callable[[], bool], take: Callable[[ContactState], None]) -> Asking[None]:
        """Read on as long as there is `more` to be found, and as there are contacts; `take` gets each."""
        self.is_free = False
        try:
            while more() and (yield from self._page(take)) == PAGE:
                pass
        finally:
            self.is_free = True

    def pass_over(self, ids: Iterable[str]) -> None:
        """Begin above these from now on, since they are read otherwise: whoever is below them is asked for too."""
        self._cursor = max([self._cursor, *map(int, ids)])

    def _page(self, take: Callable[[ContactState], None]) -> Asking[int]:
        """Read the next page; how many contacts it has, 0 of one that cannot be used."""
        receipt = yield from asked(contacts_request(Ask(upwards=True, cursor=self._cursor, gap=Gap(self._cursor, TOP))))
        if not receipt.ok or receipt.data.missing:
            return 0
        for _identity, (_kept, state) in receipt.data.entries:
            take(ContactState.from_json(state))
        self._cursor = max([self._cursor, *receipt.data.ids])
        return len(receipt.data.entries)
