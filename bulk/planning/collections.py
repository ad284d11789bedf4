"""Reading a whole collection by offset pages: the account's fields, tags, lists, accounts. Used before the rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from bulk.errors import AbortedError, UnfinishedError
from bulk.model import Json, Receipt, Request
from bulk.planning.together import Asking

PAGE: Final = 100  # the API's maximum; its default of 20 has bitten others
FEW: Final = 20  # that default: only a page of fewer records ends a list that tells no total
NOTHING_MORE: Final[Mapping[str, Json]] = {}
RETRY_HINT: Final = "Run the command again in a few minutes."


def total_of(body: Json) -> int | None:
    """`meta.total` of a list, which is a string or a number; None if it is missing or means nothing."""
    meta = body.get("meta") if isinstance(body, dict) else None
    try:
        return int(meta["total"]) if isinstance(meta, dict) else None
    except (KeyError, TypeError, ValueError):
        return None


def read_all(
    path: str, plural: str, query: tuple[tuple[str, str], ...] = (), beside: tuple[str, ...] = ()
) -> Asking[dict[str, list[Json]]]:
    """Every record of a collection, under `plural`, and the side-loaded lists named in `beside`.

    A page that is shorter than asked does not end the reading; only the total, or an empty page, does. Ids are
    counted once although records may be added or deleted meanwhile.
    """
    found: dict[str, dict[str, Json]] = {name: {} for name in (plural, *beside)}
    offset = 0
    while True:
        receipts = yield (
            Request(
                f"{plural} {offset}",
                "GET",
                path,
                (*query, ("limit", str(PAGE)), ("offset", str(offset))),
                keep=_page(plural, beside),
                expects=plural,
            ),
        )
        page = accepted(receipts[0], f"the account's {plural}")
        records = page["lists"][plural]
        before = len(found[plural])
        for name, rows in page["lists"].items():
            found[name].update({str(row["id"]): row for row in rows})
        offset += len(records)
        total = page["total"]
        if total is not None and offset >= total:
            break
        if not records or (total is None and len(found[plural]) == before):  # the latter passes over `offset`
            if total is not None and len(found[plural]) < total:
                raise UnfinishedError(f"The account says it has {total} {plural} but gives {offset}. {RETRY_HINT}")
            break
    return {name: list(rows.values()) for name, rows in found.items()}


def read_list(
    step: str,
    path: str,
    plural: str,
    keep: Callable[[Json], Json],
    query: tuple[tuple[str, str], ...] = (),
    *,
    says: Mapping[str, Json] = NOTHING_MORE,
) -> Asking[list[Json] | Receipt]:
    """What is kept of each record of a list, within a row's flow; the receipt of a page that cannot be had.

    The list may tell no total: then a page of few records, or one without news, ends it. `step` names the pages,
    `says` what each record must say to belong there.
    """

    def kept(body: Json) -> Json:
        return [[[str(record["id"]), keep(record)] for record in body[plural]], total_of(body)]

    found: dict[str, Json] = {}
    offset = 0
    while True:
        place = (*query, ("limit", str(PAGE)), ("offset", str(offset)))
        receipts = yield (Request(f"{step} {offset}", "GET", path, place, expects=plural, keep=kept, says=says),)
        if not receipts[0].ok:
            return receipts[0]
        page, total = receipts[0].data
        before = len(found)
        found.update(page)
        offset += len(page)
        if len(found) == before or (len(page) < FEW if total is None else offset >= total):
            return list(found.values())


def _page(plural: str, beside: tuple[str, ...]) -> Callable[[Json], Json]:
    def keep(body: Json) -> Json:
        return {"lists": {name: body.get(name) or [] for name in (plural, *beside)}, "total": total_of(body)}

    return keep


def accepted(receipt: Receipt, what: str) -> Json:
    """The data of a receipt without which the job cannot begin; raises if it was not accepted."""
    if receipt.ok:
        return receipt.data
    if receipt.code in ("no_answer", "damaged_answer"):
        raise UnfinishedError(f"Cannot read {what}: {receipt.error}. {RETRY_HINT}")
    raise AbortedError(f"Cannot read {what}: {receipt.error}.\nSee what is wrong: bulk doctor")
