"""Reading who left a list: answers written out from §2 and §2.2, and servers that do not heed what is asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bulk.model import Receipt, Request, Verdict
from bulk.planning.consent import read_gone

Server = Callable[[Request], Any]


def contact(identity: int, *lists: tuple[str, str]) -> dict[str, Any]:
    links = [{"id": str(100 * identity + at), "contact": str(identity), "list": i, "status": s}
             for at, (i, s) in enumerate(lists)]  # fmt: skip
    return {"contact": {"id": str(identity), "contactLists": [link["id"] for link in links]}, "links": links}


def page(*people: dict[str, Any], total: object = None) -> dict[str, Any]:
    body: dict[str, Any] = {
        "contacts": [person["contact"] for person in people],
        "contactLists": [link for person in people for link in person["links"]],
    }
    return body | ({} if total is None else {"meta": {"total": total}})


def played(server: Server, lists: list[str], most: int = 100) -> tuple[int, dict[str, dict[str, str]], list[Request]]:
    held: dict[str, dict[str, str]] = {}
    asked: list[Request] = []
    flow = read_gone(lists, most, lambda who, what: held.__setitem__(who, dict(what)))
    receipts: tuple[Receipt, ...] | None = None
    while True:
        try:
            requests = next(flow) if receipts is None else flow.send(receipts)
        except StopIteration as end:
            return end.value, held, asked
        asked += requests
        receipts = tuple(answered(request, server(request)) for request in requests)


def answered(request: Request, body: Any) -> Receipt:
    if body is None:
        return Receipt(request.step, Verdict.REJECT, 500, code="server_error", error="Oops")
    return Receipt(request.step, Verdict.ACCEPT, 200, request.keep(body))


def of(request: Request, name: str) -> str:
    return dict(request.query).get(name, "")


def test_who_left_and_who_bounced_is_read_page_after_page():
    left = [contact(n, ("1", "2"), ("2", "1")) for n in range(1, 251)]

    def server(request: Request) -> Any:
        assert (of(request, "listid"), of(request, "limit"), of(request, "include")) == ("1", "100", "contactLists")
        after = int(of(request, "id_greater") or 0)
        if of(request, "status") == "3":
            return page(contact(900, ("1", "3")), total="1")
        return page(*[person for person in left if int(person["contact"]["id"]) > after][:100], total="250")

    pages, held, asked = played(server, ["1"])
    assert pages == len(asked) == 4
    assert held == {str(n): {"1": "2", "2": "1"} for n in range(1, 251)} | {"900": {"1": "3"}}


def test_nobody_left_is_known_after_a_request_each():
    pages, held, asked = played(lambda _request: page(total=0), ["1", "2"])
    assert (pages, held, len(asked)) == (4, {}, 4)


def test_without_a_total_the_empty_page_ends_it():
    def server(request: Request) -> Any:
        someone = [contact(5, ("1", of(request, "status")))]
        return page(*(someone if not of(request, "id_greater") else []))

    pages, _held, asked = played(server, ["1"])
    assert pages == len(asked) == 4


def test_it_is_given_up_where_it_would_take_too_long():
    pages, _held, asked = played(lambda r: page(contact(1, ("1", of(r, "status"))), total="100000"), ["1"], most=1_999)
    assert (pages, len(asked)) == (0, 2)


def test_a_server_that_does_not_heed_the_status_is_not_believed():
    people = page(contact(1, ("1", "1")), contact(2, ("1", "2")), total=2)
    assert played(lambda _request: people, ["1"])[0] == 0


def test_a_server_that_does_not_side_load_is_not_believed():
    def server(request: Request) -> Any:
        return {"contacts": [{"id": "1"}], "meta": {"total": "1"}}

    assert played(server, ["1"])[0] == 0


def test_a_server_that_does_not_heed_the_bound_is_not_believed():
    def server(request: Request) -> Any:
        return page(*[contact(n, ("1", of(request, "status"))) for n in range(1, 101)], total="150")

    pages, _held, asked = played(server, ["1"])
    assert (pages, len(asked)) == (0, 4)


def test_a_page_that_cannot_be_had_leaves_it_unknown():
    assert played(lambda r: None if of(r, "status") == "3" else page(total=0), ["1"])[0] == 0
