"""The account's names: read page by page whatever a total looks like, made once where missing; and their columns."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from bulk.engine.retry import explain, judge
from bulk.errors import AbortedError, UnfinishedError
from bulk.model import Lost, Receipt, Reply, Request, Verdict
from bulk.planning.names import Book, CustomField, Names, columns_of
from bulk.planning.naming import make_missing, read_names
from bulk.planning.pages.collections import PAGE, read_all, total_of
from bulk.resources.contacts import CONTACTS
from bulk.resources.kinds import Problem

Server = Callable[[Request], "Reply | Lost"]
TAKEN = Reply(422, {"errors": [{"title": "The tag already exists", "code": "duplicate"}]})


def drive(asking: Any, server: Server, most: int = 400) -> tuple[Any, list[Request]]:
    asked: list[Request] = []
    receipts: tuple[Receipt, ...] | None = None
    while True:
        try:
            requests = next(asking) if receipts is None else asking.send(receipts)
        except StopIteration as end:
            return end.value, asked
        asked += requests
        assert len(asked) < most, "asks for ever"
        receipts = tuple(receipt_of(request, server(request)) for request in requests)


def receipt_of(request: Request, reply: Reply | Lost) -> Receipt:
    verdict = judge(request, reply)
    if verdict is Verdict.ACCEPT and isinstance(reply, Reply):
        return Receipt(request.step, verdict, reply.status, request.keep(reply.body))
    if verdict is Verdict.RETRY:
        verdict = Verdict.REJECT if request.method == "GET" else Verdict.IN_DOUBT
    return Receipt(request.step, verdict, 0, None, *explain(reply))


def collection(
    plural: str,
    records: list[dict[str, Any]],
    *,
    total: Callable[[int], Any] = str,
    most: int = PAGE,
    fixed: bool = False,
) -> Server:
    """Offset pages of `records`, which may change meanwhile. `fixed`: `offset` is passed over."""

    def server(request: Request) -> Reply:
        query = dict(request.query)
        offset = 0 if fixed else int(query["offset"])
        body: dict[str, Any] = {plural: records[offset : offset + min(most, int(query["limit"]))]}
        told = total(len(records))
        return Reply(200, body if told is None else body | {"meta": {"total": told}})

    return server


def tags_of(count: int) -> list[dict[str, Any]]:
    return [{"id": str(n), "tag": f"T{n}", "contact": "1"} for n in range(1, count + 1)]


def nothing(_count: int) -> None:
    return None


# ---- whole collections


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 250])
@pytest.mark.parametrize("total", [str, int, nothing, lambda _n: "many"])
@pytest.mark.parametrize("most", [20, PAGE])
def test_every_record_is_read(count, total, most):
    result, asked = drive(read_all("tags", "tags"), collection("tags", tags_of(count), total=total, most=most))
    assert [tag["id"] for tag in result["tags"]] == [str(n) for n in range(1, count + 1)]
    assert len(asked) <= count // most + 2


@pytest.mark.parametrize(
    ("meta", "total"),
    [({"total": "14"}, 14), ({"total": 15}, 15), ({}, None), ([], None), (None, None), ({"total": None}, None),
     ({"total": "x"}, None)],
)  # fmt: skip
def test_a_total_is_text_or_a_number_or_nothing(meta, total):
    assert total_of({"meta": meta}) == total
    assert total_of([]) is None


def test_a_record_that_comes_twice_counts_once():
    records = tags_of(150)

    def server(request: Request) -> Reply:
        reply = collection("tags", records)(request)
        if len(records) == 150:
            records.insert(0, {"id": "999", "tag": "New"})  # all that follows moves on by one
        return reply

    result, _asked = drive(read_all("tags", "tags"), server)
    assert len(result["tags"]) == len({tag["id"] for tag in result["tags"]}) == 150


@pytest.mark.parametrize(
    "told", ["300", "0", "100", "249", "-1", "Infinity", 10**18, math.inf, math.nan, True, [], "x"]
)
@pytest.mark.parametrize("most", [20, PAGE])
def test_a_total_is_a_hint(told, most):
    result, asked = drive(read_all("tags", "tags"), collection("tags", tags_of(250), total=lambda _n: told, most=most))
    assert len(result["tags"]) == 250
    assert len(asked) <= 250 // most + 16


def test_records_that_there_should_be_and_pages_without_any_do_not_fit():
    def server(request: Request) -> Reply:
        offset = int(dict(request.query)["offset"])
        return Reply(200, {"tags": [] if offset else tags_of(100), "meta": {"total": "250"}})

    with pytest.raises(UnfinishedError, match="says it has 250 records but gives 100"):
        drive(read_all("tags", "tags"), server)


def test_a_server_that_passes_over_the_offset_is_not_asked_for_ever():
    result, _asked = drive(read_all("tags", "tags"), collection("tags", tags_of(100), total=nothing, fixed=True))
    assert len(result["tags"]) == 100


@pytest.mark.parametrize(
    ("reply", "error"),
    [(Lost("gone"), UnfinishedError), (Reply(200, None, "empty"), UnfinishedError),
     (Reply(404, {"message": "No"}), AbortedError)],
)  # fmt: skip
def test_what_cannot_be_read_ends_the_job(reply, error):
    with pytest.raises(error, match="Cannot read the account's tags"):
        drive(read_all("tags", "tags"), lambda _request: reply)


# ---- names


FAMILIES = ("tags", "lists", "accounts")


def account(request: Request) -> Reply:
    fields = [
        {
            "id": "1",
            "title": "City",
            "perstag": "CITY",
            "type": "text",
            "links": {"options": "https://x.api-us1.com/api"},
        },
        {"id": "2", "title": "Level", "perstag": "LEVEL", "type": "dropdown", "links": []},
    ]
    options = [
        {"id": "9", "field": "2", "value": "Tin", "label": "T", "orderid": "2"},
        {"id": "8", "field": "2", "value": "Gold", "label": "", "orderid": "1"},
    ]
    bodies = {
        "fields": {"fieldOptions": options, "fieldRels": [], "fields": fields, "meta": {"total": "2"}},
        "lists": {"lists": [{"id": "1", "name": "News", "stringid": "news"}], "meta": {"total": "1"}},
        "tags": {"tags": [
            {"id": "1", "tag": "VIP", "tagType": "contact"}, {"id": "2", "tag": "Mail", "tagType": "template"},
        ], "meta": {"total": "2"}},
        "accounts": {"accounts": [{"id": "11", "name": "Acme"}], "meta": {"total": "1"}},
    }  # fmt: skip
    return Reply(200, bodies[request.path])


def test_the_account_s_names_are_read_side_by_side():
    names, asked = drive(read_names(FAMILIES, "fields"), account)
    assert [request.path for request in asked] == ["accounts", "fields", "lists", "tags"]
    assert names.host == "x.api-us1.com"
    assert names.book("tags").id_of("VIP")
    assert names.book("tags").id_of("Mail") is None, "a template's is none of a contact"
    assert names.book("accounts").id_of("ACME") == "11"
    assert [option.value for option in names.fields[1].options] == ["Gold", "Tin"]
    assert [(option.value, option.label, option.id) for option in names.book("lists").records.values()] == [
        ("News", "news", "1")
    ]


def test_an_account_without_fields_and_lists_is_known_by_its_user():
    def server(request: Request) -> Reply:
        if request.path == "users/me":
            return Reply(200, {"user": {"id": "3", "links": {"lists": "https://y.api-us1.com/api/3/users/3/lists"}}})
        return Reply(200, {"fields": [], "lists": [], "tags": [], "accounts": [], "meta": {"total": "0"}})

    names, asked = drive(read_names(FAMILIES, "fields"), server)
    assert names.host == "y.api-us1.com"
    assert len(asked) == 5


@pytest.mark.parametrize(
    ("name", "within", "result"),
    [("News", "", "1"), ("news", "", "1"), ("NEWS", "", "1"), ("offers", "", "2"), ("second", "", "2"),
     ("Won", "a", "3"), ("Won", "b", "4")],
)  # fmt: skip
def test_a_name_is_found_as_written_else_case_aside_else_by_its_other_name(name, within, result):
    assert BOOK.find(name, "lists", within) == result


@pytest.mark.parametrize(
    ("name", "within", "code", "hint"),
    [("Won", "", "ambiguous_name", "Give the id instead."), ("Nws", "", "unknown_name", "Nearest: News."),
     ("x", "c", "unknown_name", "There are no lists yet."), ("Qqq", "a", "unknown_name", "There are: Won.")],
)  # fmt: skip
def test_a_name_that_is_not_one_record_s_is_a_problem_that_says_what_there_is(name, within, code, hint):
    problem = BOOK.find(name, "lists", within)
    assert isinstance(problem, Problem)
    assert (problem.code, problem.hint) == (code, hint)


def _book() -> Book:
    book = Book()
    for identity, name, also, parent in (
        ("1", "News", "n", ""), ("2", "Offers", "second", ""), ("3", "Won", "", "a"), ("4", "Won", "", "b")
    ):  # fmt: skip
        book.add(identity, name, also, parent)
    return book


BOOK = _book()


# ---- columns


def titles(*fields: CustomField) -> list[str]:
    return [column.header for column in columns_of(CONTACTS, Names(fields=fields)) if column.field_id]


def test_a_field_goes_by_its_title_or_where_that_is_taken_by_its_perstag():
    text = "text"
    assert titles(CustomField("1", "City", "CITY", text)) == ["City"]
    assert titles(CustomField("1", "First Name", "FN", text)) == ["%FN%"], "an attribute's name"
    assert titles(CustomField("1", "City", "CITY", text), CustomField("2", "city ", "CITY_2", text)) == [
        "%CITY%", "%CITY_2%"
    ]  # fmt: skip
    assert titles(CustomField("1", "_row", "ROW", text), CustomField("2", " _x", "X", text)) == ["%ROW%", "%X%"]
    assert titles(CustomField("1", " ", "BLANK", text)) == ["%BLANK%"]


def test_a_field_is_also_understood_by_its_perstag():
    columns = columns_of(CONTACTS, Names(fields=(CustomField("1", "Home town", "CITY", "text"),)))
    assert columns[-1].aliases == ("%CITY%", "CITY")
    columns = columns_of(CONTACTS, Names(fields=(CustomField("1", "Home phone", "PHONE", "text"),)))
    assert columns[-1].aliases == ("%PHONE%",), "PHONE alone is the attribute"


def test_without_an_account_the_columns_are_those_that_every_account_has():
    assert [c.attribute for c in columns_of(CONTACTS, None)] == [c.attribute for c in CONTACTS.columns]


# ---- making what is missing


def made(
    server: Server, tags: tuple[str, ...] = ("New",), accounts: tuple[str, ...] = ()
) -> tuple[Names, list[Request]]:
    names = Names()
    names.book("tags").add("1", "VIP")
    _none, asked = drive(make_missing(names, {"tags": tags, "accounts": accounts}), server)
    return names, asked


def test_what_is_missing_is_made_once():
    def server(request: Request) -> Reply:
        singular = {"tags": "tag", "accounts": "account"}[request.path]
        return Reply(201, {singular: request.body[singular] | {"id": "5" if singular == "tag" else "6"}})

    names, asked = made(server, ("vip", "New", "NEW"), ("Acme", "acme"))
    assert [request.body for request in asked] == [
        {"tag": {"tag": "New", "tagType": "contact", "description": ""}}, {"account": {"name": "Acme"}}
    ]  # fmt: skip
    assert not any(request.repeatable for request in asked)
    assert (names.book("tags").id_of("new"), names.book("accounts").id_of("acme")) == ("5", "6")


def scripted(create: list[Reply | Lost], result: list[list[dict[str, str]]]) -> Server:
    def server(request: Request) -> Reply | Lost:
        if request.method == "POST":
            return create.pop(0)
        assert ("search", "New") in request.query
        return Reply(200, {"tags": result.pop(0), "meta": {"total": None}})

    return server


OTHERS = [{"id": "3", "tag": "New York"}, {"id": "4", "tag": "New", "tagType": "template"}]
OURS = {"id": "5", "tag": "NEW", "tagType": "contact"}


@pytest.mark.parametrize("reply", [Lost("gone"), TAKEN, Reply(500, {"message": "Duplicate entry"})])
def test_a_create_that_went_wrong_is_looked_for(reply):
    names, _asked = made(scripted([reply], [[*OTHERS, OURS], []]))
    assert names.book("tags").id_of("new") == "5", "not the template's tag of the same name"


def test_a_create_that_was_lost_and_is_not_there_is_sent_once_more():
    created = Reply(201, {"tag": {"tag": "New", "id": "5"}})
    names, asked = made(scripted([Lost("gone"), created], [[], []]))
    assert names.book("tags").id_of("new") == "5"
    assert [request.step for request in asked] == ["create tag 'New'", "tags 0", "create again tag 'New'"]


def test_a_create_that_is_lost_twice_leaves_the_job_to_go_on_with():
    with pytest.raises(UnfinishedError, match="tag 'New' could not be created"):
        made(scripted([Lost("gone"), Lost("gone")], [[], []]))


def test_a_create_that_is_refused_and_not_there_is_noted_for_the_rows_that_need_it():
    names, _asked = made(scripted([TAKEN], [OTHERS, []]))
    assert names.book("tags").id_of("new") is None
    refused = names.refusal("tags", "NEW")
    assert refused is not None
    assert "The tag already exists" in refused.error


def test_a_name_that_the_account_takes_for_another_is_not_used():
    other = Reply(200, {"tag": {"tag": "Neẃ", "id": "5"}})
    names, _asked = made(scripted([other], [[], []]))
    assert names.book("tags").id_of("new") is None
    refused = names.refusal("tags", "New")
    assert refused is not None
    assert (refused.code, "'Neẃ' (5)" in refused.error) == ("another_name", True)
