"""Reading a whole collection by offset pages: the account's fields, tags, lists, accounts. Used before the rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from bulk.errors import AbortedError, UnfinishedError
from bulk.model import ANOTHER_RECORD, Json, Receipt, Request, Verdict
from bulk.planning.flow import Asking
from bulk.planning.pages.ends import PAGE, InTurn, id_of, id_within, total_of
from bulk.planning.pages.offset import OffsetAsk, Offsets

__all__ = [
    "PAGE", "Refused", "accepted", "read_all", "read_allowed", "read_list", "read_pages", "total_of"
]  # fmt: skip

NOTHING_MORE: Final[Mapping[str, Json]] = {}
AT_ONCE: Final = 8  # pages of one list asked for together
Ids = tuple[list[int], int | None]


@dataclass(slots=True)
class Refused:
    """That a collection may not be read with this key, which the job can do without. `said`: what was answered."""

    said: str


def read_all(
    path: str, plural: str, query: tuple[tuple[str, str], ...] = (), beside: tuple[str, ...] = ()
) -> Asking[dict[str, list[Json]]]:
    """Every record of a collection, under `plural`, and the side-loaded lists named in `beside`.

    Raises what makes the job impossible to begin.
    """
    result = yield from read_allowed(path, plural, query, beside, optional=False)
    assert not isinstance(result, Refused)  # noqa: S101 - it has raised
    return result


def read_allowed(
    path: str, plural: str, query: tuple[tuple[str, str], ...] = (), beside: tuple[str, ...] = (), *, optional: bool
) -> Asking[dict[str, list[Json]] | Refused]:
    """What `read_all` gives; with `optional` also that it may not be read, by the API's own 403 or 404.

    It ends where a page brings nothing new, whatever total is told. Ids are counted once although records may be added
    or deleted meanwhile. Raises what makes the job impossible to begin.
    """
    result: dict[str, dict[str, Json]] = {name: {} for name in (plural, *beside)}

    def request(ask: OffsetAsk) -> Request:
        place = (*query, ("limit", str(PAGE)), *ask.query)
        keep = _page(plural, beside)
        return Request(ask.step(plural), "GET", path, place, keep=keep, expects=plural, optional=optional)

    def take(page: Json) -> Ids:
        for name, rows in page["lists"].items():
            result[name].update({str(row["id"]): row for row in rows})
        return [id_of(row) for row in page["lists"][plural]], page["total"]

    refused = yield from read_pages(request, take)
    if refused is not None and optional and refused.status in (403, 404):
        return Refused(refused.error)
    if refused is not None:
        accepted(refused, f"the account's {plural}")
    return {name: list(rows.values()) for name, rows in result.items()}


def read_list(
    step: str, path: str, plural: str, keep: Callable[[Json], Json], query: tuple[tuple[str, str], ...] = (),
    *, says: Mapping[str, Json] = NOTHING_MORE,
) -> Asking[list[Json] | Receipt]:  # fmt: skip
    """What is kept of each record of a list, within a row's flow; the receipt of a page that cannot be had.

    The list may tell no total: then a page of few records, or one without news, ends it. `step` names the pages,
    `says` what each record must say to belong there. That this key may not read it refuses the row, not the key.
    """
    result: dict[str, Json] = {}
    reading = InTurn()

    def kept(body: Json) -> Json:
        return [
            [[str(id_within(plural, record, of_one=True)), keep(record)] for record in body[plural]],
            total_of(body),
        ]

    while True:
        name, place = f"{step} {reading.offset}", (("limit", str(PAGE)), ("offset", str(reading.offset)))
        asked = (*query, *place)
        receipts = yield (Request(name, "GET", path, asked, expects=plural, keep=kept, says=says, optional=True),)
        if not receipts[0].ok:
            return receipts[0]
        page, total = receipts[0].data
        result.update(page)
        if reading.ends([int(identity) for identity, _kept in page], total):
            break
    if reading.is_short:
        error = f"The account says there are {total} {plural}, but gives {len(result)}."
        return Receipt(name, Verdict.REJECT, code="damaged_answer", error=error)
    return list(result.values())


def read_pages(request: Callable[[OffsetAsk], Request], take: Callable[[Json], Ids]) -> Asking[Receipt | None]:
    """Ask for all pages of a list; `take` is given each, and gives its ids and total. The receipt of one that failed.

    Raises `UnfinishedError` if the pages do not fit each other, however often they are read.
    """
    walk = Offsets(None)
    while not walk.done:
        asks: list[OffsetAsk] = []
        while len(asks) < (AT_ONCE if walk.is_told else 1) and (ask := walk.claim()) is not None:
            asks.append(ask)
        receipts = yield tuple(request(ask) for ask in asks)
        for ask, receipt in zip(asks, receipts, strict=True):
            if not receipt.ok:
                return receipt
            walk.take(ask, *take(receipt.data))
    return None


def _page(plural: str, beside: tuple[str, ...]) -> Callable[[Json], Json]:
    def keep(body: Json) -> Json:
        lists = {name: body.get(name) or [] for name in (plural, *beside)}
        for name, records in lists.items():
            for record in records:
                id_within(name, record)
        return {"lists": lists, "total": total_of(body)}

    return keep


def accepted(receipt: Receipt, what: str) -> Json:
    """The data of a receipt without which the job cannot begin; raises if it was not accepted."""
    if receipt.ok:
        return receipt.data
    if receipt.code in ("no_answer", "damaged_answer", ANOTHER_RECORD):
        raise UnfinishedError("account_not_read", what=what, reason=receipt.error.rstrip("."))
    raise AbortedError("account_not_readable", what=what, reason=receipt.error.rstrip("."))
