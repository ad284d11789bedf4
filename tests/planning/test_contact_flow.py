"""A row of contacts as a flow: what it asks, in which order, and what it says of each reply. Replies by hand, from
ACTIVECAMPAIGN-API §2 to §4.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bulk.model import Failure, Flow, Lost, Outcome, Receipt, Reply, Request, Row, RowStatus, Verdict
from bulk.planning.flow import combined
from bulk.planning.names import CustomField, Names, columns_of
from bulk.planning.rows.contact import ContactRows
from bulk.planning.state import ContactState, Page
from bulk.planning.steps.contact import CONTACT
from bulk.planning.writers import Known, Meaning
from bulk.resources.contacts import CONTACTS
from bulk.resources.kinds import Option
from tests.planning.playing import Run, gated, links, played, receipt_of, stands, written_down
from tests.scale import tries

FULL = {  # an existing contact, shortened to what matters
    "cdate": "2026-05-28T03:05:54-05:00", "email": "ada@example.com", "phone": "", "firstName": "Ada", "lastName": "",
    "orgid": "0", "bounced_hard": "0", "deleted": "0", "links": {}, "id": "7", "organization": None,
}  # fmt: skip
ECHO = {"email": "ada@example.com", "cdate": "x", "udate": "x", "phone": "", "orgid": "0", "links": {}, "id": "7"}
CREATED = Reply(201, {"contact": ECHO})
UPDATED = Reply(200, {"contact": FULL})
BOUNCED = Reply(200, {"contact": FULL | {"bounced_hard": "1"}})
NEW_TAG = Reply(201, {"contacts": [FULL], "contactTag": {"contact": "7", "tag": "1", "id": "70"}})
OLD_TAG = Reply(200, {"contactTag": {"contact": "7", "tag": "1", "id": "70", "created_by": None}})
NEW_LIST = Reply(200, {"contacts": [FULL], "contactList": {"contact": "7", "list": "1", "status": 1, "id": "5"}})
OLD_LIST = Reply(200, {"contactList": {"contact": "7", "list": "1", "status": "1", "id": "5"}})
JOINED = Reply(201, {"accountContact": {"account": "11", "contact": "7", "id": "90"}})
GONE = Reply(404, {"message": "No Result found for SubscriberTag with id 70"})
TAKEN = Reply(
    422, {"errors": [{"title": "Email address already exists in the system", "detail": "", "code": "duplicate",
                      "source": {"pointer": "/data/attributes/email"}}]},
)  # fmt: skip
LOST = Lost("the answer was lost")
DONE = Reply(200, {})


def on_list(identity: str, status: str) -> Reply:
    return links("contactLists", {"list": identity, "status": status, "contact": "7", "id": "5"})


def in_account(*accounts: str) -> Reply:
    records = ({"account": account, "contact": "7", "id": f"9{account}"} for account in accounts)
    return links("accountContacts", *records, {"account": "99", "contact": "1007", "id": "8"})


def names() -> Names:
    known = Names(
        fields=(
            CustomField("1", "City", "CITY", "text"),
            CustomField("2", "Level", "LEVEL", "dropdown", (Option("Gold"), Option("Tin", "T"))),
            CustomField("3", "Ways", "WAYS", "checkbox", (Option("Mail"), Option("Phone"))),
        ),
    )
    for identity, name, stringid in (("1", "News", "news"), ("2", "Offers", "offers")):
        known.book("lists").add(identity, name, stringid)
    for identity, name in (("1", "VIP"), ("2", "Trial"), ("3", "Smith, John")):
        known.book("tags").add(identity, name)
    for identity, name in (("11", "Acme"), ("12", "Other")):
        known.book("accounts").add(identity, name)
    return known


NAMES = names()


def contact_flow(row: Row, meaning: Meaning, known_names: Names, known: Known) -> Flow:
    return ContactRows(meaning, known_names).flow(row, known)


BY_NAME = {column.header: column for column in columns_of(CONTACTS, NAMES)}


def meaning_of(cells: Iterable[str], **choices: object) -> Meaning:
    return replace(Meaning(tuple(BY_NAME[name] for name in cells)), **choices)


def row_of(cells: Mapping[str, str], key: str = "ada@example.com") -> Row:
    return Row(2, key, {BY_NAME[name].attribute: cell for name, cell in cells.items()})


SYNC = "POST contact/sync"
TAGS, TAGS_NOW = "POST contactTags", "GET contacts/7/contactTags"
LISTS, LISTS_NOW = "POST contactLists", "GET contacts/7/contactLists"
JOIN, ACCOUNTS_NOW = "POST accountContacts", "GET accountContacts"


def do(
    cells: Mapping[str, str], replies: Mapping[str, list[Reply | Lost] | Reply | Lost], *,
    state: ContactState | None = None, fresh: bool = True, key: str = "ada@example.com", by: str = "email",
    newest: int = 0, highest: int | None = None, bounced: str = "0", **choices: object,
) -> tuple[Outcome, Run]:  # fmt: skip
    run = Run(replies, bounced=bounced)
    cells = cells if "email" in cells else {"email": "ada@example.com", **cells}
    known = Known(state, fresh=fresh, newest=newest, highest=highest)
    return run(contact_flow(row_of(cells, key), meaning_of(cells, key=by, **choices), NAMES, known)), run


def state_of(**more: object) -> ContactState:
    attributes = {"email": "ada@example.com", "firstName": "Ada", "lastName": "", "phone": ""}
    return replace(ContactState("7", attributes, {}, {}, {}, {}), **more)


# ---- the contact itself


def test_a_new_contact_is_created_by_one_sync():
    outcome, run = do({"email": " Ada@Example.com ", "firstName": "Ada", "City": "Bristol"}, {SYNC: CREATED})
    assert outcome == Outcome(RowStatus.SUCCEEDED, "created", "7")
    fields = [{"field": "1", "value": "Bristol"}]
    assert run.bodies(SYNC) == [{"contact": {"email": "Ada@Example.com", "firstName": "Ada", "fieldValues": fields}}]


def test_a_contact_that_is_there_is_updated():
    outcome, _run = do({"firstName": "Ada"}, {SYNC: UPDATED})
    assert outcome == Outcome(RowStatus.SUCCEEDED, "updated", "7")


def test_a_refused_contact_asks_nothing_further():
    outcome, run = do({"tags": "VIP", "lists": "News", "account": "Acme"}, {SYNC: TAKEN})
    said = "ada@example.com: Email address already exists in the system [email] (HTTP 422)"
    assert outcome == Outcome(RowStatus.FAILED, failures=(Failure(CONTACT, "duplicate", said),))
    assert run.places == [SYNC]


def test_a_sync_without_an_answer_is_in_doubt():
    outcome, _run = do({}, {SYNC: LOST})
    assert outcome == Outcome(RowStatus.IN_DOUBT, failures=(Failure(CONTACT, "no_answer", LOST.reason),))


@pytest.mark.parametrize(
    ("cell", "blank", "sent"),
    [("", "keep", {}), ("  ", "keep", {}), ("", "clear", {"lastName": ""}), ("#N/A", "keep", {"lastName": ""}),
     (" #N/A ", "clear", {"lastName": ""}), ("N/A", "keep", {"lastName": "N/A"}), ("x", "clear", {"lastName": "x"})],
)  # fmt: skip
def test_a_blank_keeps_or_clears(cell, blank, sent):
    _outcome, run = do({"lastName": cell}, {SYNC: UPDATED}, blank=blank)
    assert run.bodies(SYNC) == [{"contact": {"email": "ada@example.com", **sent}}]


def test_custom_fields_are_sent_as_their_kinds_want_and_cleared():
    cells = {"City": "#N/A", "Level": "T", "Ways": "Phone,Mail"}
    _outcome, run = do(cells, {SYNC: UPDATED})
    values = [{"field": "1", "value": ""}, {"field": "2", "value": "Tin"}, {"field": "3", "value": "||Phone||Mail||"}]
    assert run.bodies(SYNC) == [{"contact": {"email": "ada@example.com", "fieldValues": values}}]


@pytest.mark.parametrize(
    ("cells", "code"),
    [({"Level": "Iron"}, "unknown_option"), ({"tags": "VIP", "remove_tags": "vip"}, "contradiction"),
     ({"lists": "News", "unsubscribe_lists": "news"}, "contradiction"), ({"lists": "Nothing"}, "unknown_name")],
)  # fmt: skip
def test_a_row_that_cannot_be_read_is_rejected_and_sends_nothing(cells, code):
    outcome, run = do(cells, {})
    assert outcome.status is RowStatus.REJECTED
    assert [failure.code for failure in outcome.failures] == [code]
    assert run.asked == []


# ---- create


POST, LOOK = "POST contacts", "GET contacts"


def test_create_says_what_is_taken():
    outcome, run = do({}, {POST: TAKEN}, mode="create")
    assert outcome.failures[0].code == "duplicate"
    assert run.places == [POST]


def test_a_lost_create_is_found_by_reading():
    result = links("contacts", FULL | {"email": "other@example.com", "id": "3"}, FULL | {"email": "ADA@example.com"})
    outcome, run = do({"firstName": "Ada"}, {POST: LOST, LOOK: result}, mode="create")
    assert outcome == Outcome(RowStatus.SUCCEEDED, "created", "7")
    assert run.asked[1].query == (("email", "ada@example.com"),)


def test_a_lost_create_that_is_not_there_is_sent_once_more():
    outcome, run = do({}, {POST: [LOST, CREATED], LOOK: links("contacts")}, mode="create")
    assert outcome == Outcome(RowStatus.SUCCEEDED, "created", "7")
    assert run.places == [POST, LOOK, POST]


def test_a_contact_of_other_values_is_nobody_s_create():
    result = links("contacts", FULL | {"firstName": "Eve"})
    outcome, _run = do({"firstName": "Ada"}, {POST: LOST, LOOK: result}, mode="create")
    assert outcome.status is RowStatus.IN_DOUBT


def test_a_contact_that_was_there_before_is_nobody_s_create():
    outcome, run = do({"firstName": "Ada"}, {POST: LOST, LOOK: links("contacts", FULL)}, mode="create", newest=7)
    assert outcome.status is RowStatus.FAILED
    assert outcome.failures[0].code == "duplicate"
    assert run.places == [POST, LOOK]


@pytest.mark.parametrize(("current", "status"), [("Bath", RowStatus.SUCCEEDED), ("Bristol", RowStatus.IN_DOUBT)])
def test_a_lost_create_is_told_by_its_custom_fields_too(current, status):
    values = links("fieldValues", {"id": "1", "field": "1", "value": current})
    replies = {POST: LOST, LOOK: links("contacts", FULL), "GET contacts/7/fieldValues": values}
    outcome, _run = do({"firstName": "Ada", "City": "Bath"}, replies, mode="create", newest=6)
    assert outcome.status is status


def test_a_create_that_is_lost_twice_is_in_doubt():
    outcome, run = do({}, {POST: LOST, LOOK: links("contacts")}, mode="create")
    assert outcome.status is RowStatus.IN_DOUBT
    assert run.places == [POST, LOOK, POST, LOOK]


def test_create_takes_no_account_state_for_the_contact():
    outcome, run = do({}, {POST: TAKEN}, mode="create", state=state_of())
    assert outcome.status is RowStatus.FAILED
    assert run.places == [POST]


# ---- update


def test_update_looks_the_contact_up_by_its_e_mail():
    outcome, run = do({"firstName": "A"}, {LOOK: links("contacts", FULL), "PUT contacts/7": UPDATED}, mode="update")
    assert outcome == Outcome(RowStatus.SUCCEEDED, "updated", "7")
    assert run.places == [LOOK, "PUT contacts/7"]


def test_update_of_nobody_fails():
    outcome, _run = do({"firstName": "A"}, {LOOK: links("contacts")}, mode="update")
    assert outcome.status is RowStatus.FAILED
    assert outcome.failures[0].code == "not_found"


def test_an_update_whose_question_is_lost_has_changed_nothing():
    outcome, run = do({"firstName": "A"}, {LOOK: Reply(500, {"message": "x"})}, mode="update")
    assert outcome.status is RowStatus.FAILED
    assert run.places == [LOOK]


def test_update_knows_the_id_from_the_account_state():
    outcome, run = do({"firstName": "A"}, {"PUT contacts/7": UPDATED}, mode="update", state=state_of())
    assert outcome.action == "updated"
    assert run.places == ["PUT contacts/7"]


@pytest.mark.parametrize("mode", ["update", "upsert"])
def test_the_key_id_changes_the_e_mail_address(mode):
    cells = {"id": "7", "email": "new@example.com"}
    outcome, run = do(cells, {"PUT contacts/7": UPDATED}, mode=mode, key="7", by="id")
    assert outcome == Outcome(RowStatus.SUCCEEDED, "updated", "7")
    assert run.bodies("PUT contacts/7") == [{"contact": {"email": "new@example.com"}}]


# ---- tags


def test_tags_are_added_by_id_each_by_itself():
    outcome, run = do({"tags": 'vip,"Smith, John"'}, {SYNC: UPDATED, TAGS: NEW_TAG})
    assert outcome.status is RowStatus.SUCCEEDED
    assert run.bodies(TAGS) == [{"contactTag": {"contact": "7", "tag": tag}} for tag in ("1", "3")]


def test_one_tag_that_fails_holds_back_nothing_and_is_named():
    refused = Reply(404, {"errors": [{"status": 404, "title": "Not Found", "detail": "Contact not found"}]})
    replies = {SYNC: CREATED, TAGS: [refused, NEW_TAG], LISTS: NEW_LIST, JOIN: JOINED}
    outcome, run = do({"tags": "VIP,Trial", "lists": "News", "account": "Acme"}, replies)
    assert outcome.status is RowStatus.FAILED
    assert (outcome.action, outcome.id) == ("created", "7")
    assert [failure.step for failure in outcome.failures] == ["tag VIP"]
    assert run.places == [SYNC, TAGS, TAGS, LISTS, JOIN]


def test_a_tag_is_removed_by_the_id_of_its_link():
    current = links("contactTags", {"tag": "1", "id": "70", "contact": "7"}, {"tag": "9", "id": "71", "contact": "7"})
    cells = {"remove_tags": "VIP,Trial,Never heard of"}
    outcome, run = do(cells, {SYNC: UPDATED, TAGS_NOW: current, "DELETE contactTags/70": DONE})
    assert outcome.status is RowStatus.SUCCEEDED
    assert run.places == [SYNC, TAGS_NOW, "DELETE contactTags/70"]


def test_a_tag_that_is_gone_already_changes_nothing():
    current = links("contactTags", {"tag": "1", "id": "70"})
    outcome, _run = do({"remove_tags": "VIP"}, {SYNC: UPDATED, TAGS_NOW: current, "DELETE contactTags/70": GONE})
    assert outcome.status is RowStatus.UNCHANGED
    outcome, _run = do({"remove_tags": "VIP"}, {SYNC: UPDATED, TAGS_NOW: links("contactTags")})
    assert outcome.status is RowStatus.UNCHANGED


def test_a_new_contact_has_no_tags_to_remove_and_no_account_to_leave():
    _outcome, run = do({"remove_tags": "VIP", "account": "#N/A"}, {SYNC: CREATED})
    assert run.places == [SYNC]


@pytest.mark.parametrize("most", [20, 50, 100, 10_000])
def test_links_are_read_to_their_end_whatever_the_server_makes_of_the_limit(most):
    """A sub-resource tells no total, and may give fewer records a page than asked, or all of them each time."""
    records = [{"tag": str(n), "id": str(1000 + n), "contact": "7"} for n in range(2, 140)] + [{"tag": "1", "id": "70"}]

    def server(request: Request) -> Reply:
        query = dict(request.query)
        offset = int(query["offset"]) if most < 1000 else 0
        size = min(most, int(query["limit"])) if most < 1000 else most
        return links("contactTags", *records[offset : offset + size])

    run = Run({SYNC: UPDATED, "DELETE contactTags/70": DONE})
    by_script, run.reply = run.reply, lambda left, request: (  # type: ignore[method-assign]
        server(request) if request.method == "GET" else by_script(left, request)
    )  # fmt: skip
    cells = {"email": "ada@example.com", "remove_tags": "VIP"}
    outcome = run(contact_flow(row_of(cells), meaning_of(cells), NAMES, Known()))
    assert outcome.status is RowStatus.SUCCEEDED
    assert run.places[-1] == "DELETE contactTags/70"
    assert len(run.asked) < 10


# ---- lists


@pytest.mark.parametrize("mode", ["upsert", "create"])
def test_a_new_contact_is_subscribed_without_a_question(mode):
    """Nobody had its id when the job began; of one that is only called new it is asked how it stands."""
    cells = {"lists": "News,offers"}
    for highest, made_by in ((6, CONTACT), (7, ""), (8, ""), (None, "")):
        outcome, run = do(cells, {SYNC: CREATED, POST: CREATED, LISTS: NEW_LIST}, mode=mode, highest=highest)
        assert [request.admission.made_by for request in run.asked if request.admission] == [made_by] * 2
    outcome, run = do(cells, {SYNC: UPDATED, LISTS: NEW_LIST}, highest=6)
    assert [request.admission.made_by for request in run.asked if request.admission] == ["", ""]
    assert outcome.status is RowStatus.SUCCEEDED
    assert run.bodies(LISTS) == [
        {"contactList": {"list": identity, "contact": "7", "status": 1}} for identity in ("1", "2")
    ]


@pytest.mark.parametrize("status", ["2", "3"])
def test_who_left_or_bounced_is_not_subscribed_again(status):
    replies = {SYNC: UPDATED, LISTS_NOW: on_list("1", status), TAGS: NEW_TAG, LISTS: NEW_LIST}
    outcome, run = do({"lists": "News,Offers", "tags": "VIP"}, replies)
    assert outcome.status is RowStatus.FAILED
    assert [(failure.step, failure.code) for failure in outcome.failures] == [("list News", "opted_out")]
    assert run.bodies(LISTS) == [{"contactList": {"list": "2", "contact": "7", "status": 1}}], "the others are done"
    assert TAGS in run.places


@pytest.mark.parametrize("status", ["2", "3"])
def test_resubscribe_says_so_to_the_api(status):
    replies = {SYNC: UPDATED, LISTS_NOW: on_list("1", status), LISTS: NEW_LIST}
    outcome, run = do({"lists": "News"}, replies, resubscribe=True)
    assert outcome.status is RowStatus.SUCCEEDED
    assert run.bodies(LISTS) == [{"contactList": {"list": "1", "contact": "7", "status": 1, "sourceid": 4}}]


def test_an_address_that_bounced_for_good_is_subscribed_to_nothing_new():
    outcome, run = do({"lists": "News,Offers"}, {SYNC: BOUNCED, LISTS_NOW: on_list("1", "1")}, bounced="1")
    assert [(failure.step, failure.code) for failure in outcome.failures] == [("list Offers", "opted_out")]
    assert LISTS not in run.places, "where it is subscribed already there is nothing to ask for"


def test_a_contact_that_was_found_after_a_lost_answer_may_have_left_before():
    """It has the values that were sent; whether this row made it nobody knows."""
    result = links("contacts", FULL | {"firstName": "Ada"})
    replies = {POST: LOST, LOOK: result, LISTS_NOW: on_list("1", "2")}
    outcome, run = do({"firstName": "Ada", "lists": "News"}, replies, mode="create")
    assert [(failure.step, failure.code) for failure in outcome.failures] == [("list News", "opted_out")]
    assert LISTS not in run.places
    replies |= {LISTS_NOW: links("contactLists")}
    outcome, run = do({"firstName": "Ada", "lists": "News"}, replies, mode="create", bounced="1")
    assert [failure.code for failure in outcome.failures] == ["opted_out"]
    assert LISTS not in run.places


def test_who_was_made_by_an_earlier_run_may_have_left_since():
    cells = {"email": "ada@example.com", "lists": "News"}
    made = Receipt("contact", Verdict.ACCEPT, 201, ["7", False])
    known = Known(begun=frozenset({"contact"}))
    flow = contact_flow(row_of(cells), meaning_of(cells), NAMES, known)

    def answer(request: Request) -> Receipt:
        receipt = gated(request, stands("7", on_list("1", "2")))
        assert isinstance(receipt, Receipt)
        return receipt

    outcome, _asked, _all = played(flow, {"contact": made}, answer)
    assert outcome is not None
    assert (outcome.action, [failure.code for failure in outcome.failures]) == ("created", ["opted_out"])


def test_who_has_not_confirmed_a_list_is_not_confirmed_for_them():
    replies = {SYNC: UPDATED, LISTS_NOW: on_list("1", "0"), LISTS: NEW_LIST}
    for state in (None, state_of(lists={"1": "0"})):
        outcome, run = do({"lists": "News", "firstName": "Eve"}, replies, state=state)
        assert [(failure.step, failure.code) for failure in outcome.failures] == [("list News", "unconfirmed")]
        assert LISTS not in run.places
    outcome, run = do({"lists": "News"}, replies, resubscribe=True)
    assert outcome.status is RowStatus.SUCCEEDED
    assert run.bodies(LISTS) == [{"contactList": {"list": "1", "contact": "7", "status": 1}}]


@pytest.mark.parametrize(
    ("left", "asked"),
    [("2026-05-28T03:05:53-05:00", True), ("2026-05-28T03:05:54-05:00", False), ("2026-05-29T00:00:00+00:00", False),
     ("", True), ("0000-00-00", True), ("2026-05-29T00:00:00", True)],
)  # fmt: skip
def test_who_left_after_the_job_began_is_not_subscribed_even_if_asked_for(left: str, asked: bool):
    began = datetime.fromisoformat("2026-05-28T03:05:54-05:00").timestamp()
    away = links("contactLists", {"list": "1", "status": "2", "contact": "7", "id": "5", "udate": left})
    replies = {SYNC: UPDATED, LISTS_NOW: away, LISTS: NEW_LIST}
    outcome, run = do({"lists": "News"}, replies, resubscribe=True, began=began)
    assert (LISTS in run.places, [f.code for f in outcome.failures]) == (asked, [] if asked else ["opted_out"])


def test_who_is_subscribed_is_not_subscribed_again():
    _outcome, run = do({"lists": "News"}, {SYNC: UPDATED, LISTS_NOW: on_list("1", "1")})
    assert LISTS not in run.places


def test_unsubscribing_needs_no_question():
    outcome, run = do({"unsubscribe_lists": "News"}, {SYNC: UPDATED, LISTS: NEW_LIST})
    assert outcome.status is RowStatus.SUCCEEDED
    assert run.bodies(LISTS) == [{"contactList": {"list": "1", "contact": "7", "status": 2}}]


def test_when_memberships_cannot_be_read_nobody_is_subscribed_but_leaving_goes_on():
    replies = {SYNC: UPDATED, LISTS_NOW: Reply(500, {"message": "x"}), LISTS: NEW_LIST}
    outcome, run = do({"lists": "News", "unsubscribe_lists": "Offers"}, replies)
    assert outcome.status is RowStatus.FAILED
    assert run.bodies(LISTS) == [{"contactList": {"list": "2", "contact": "7", "status": 2}}]


def test_what_was_read_too_long_ago_does_not_say_who_may_be_subscribed():
    replies = {LISTS_NOW: on_list("1", "2"), LISTS: NEW_LIST}
    outcome, _run = do({"lists": "News"}, replies, state=state_of(lists={"1": "0"}), fresh=False)
    assert [failure.code for failure in outcome.failures] == ["opted_out"]


# ---- the account


def test_joining_an_account():
    replies = {SYNC: UPDATED, ACCOUNTS_NOW: in_account(), JOIN: JOINED}
    outcome, run = do({"account": " ACME "}, replies)
    assert outcome.status is RowStatus.SUCCEEDED
    assert run.bodies(JOIN) == [{"accountContact": {"account": "11", "contact": "7"}}]


def test_moving_leaves_the_old_account_first():
    replies = {SYNC: UPDATED, ACCOUNTS_NOW: in_account("12"), "DELETE accountContacts/912": DONE, JOIN: JOINED}
    _outcome, run = do({"account": "Acme"}, replies)
    assert run.places == [SYNC, ACCOUNTS_NOW, "DELETE accountContacts/912", JOIN]


def test_leaving_an_account_and_being_there_already():
    _outcome, run = do(
        {"account": "#N/A"}, {SYNC: UPDATED, ACCOUNTS_NOW: in_account("12"), "DELETE accountContacts/912": DONE}
    )
    assert run.places[-1] == "DELETE accountContacts/912"
    _outcome, run = do({"account": "Acme"}, {SYNC: UPDATED, ACCOUNTS_NOW: in_account("11")})
    assert run.places[-1] == ACCOUNTS_NOW


def test_an_account_that_cannot_be_left_is_not_joined_elsewhere():
    refused = Reply(422, {"errors": [{"title": "No", "code": "field_invalid"}]})
    replies = {SYNC: UPDATED, ACCOUNTS_NOW: in_account("12"), "DELETE accountContacts/912": refused}
    outcome, run = do({"account": "Acme"}, replies)
    assert outcome.failures[0].step == "leave account 912"
    assert JOIN not in run.places


def test_a_lost_joining_is_settled_by_reading():
    replies = {SYNC: CREATED, ACCOUNTS_NOW: in_account("11"), JOIN: LOST}
    outcome, run = do({"account": "Acme"}, replies)
    assert outcome == Outcome(RowStatus.SUCCEEDED, "created", "7")
    assert run.places == [SYNC, JOIN, ACCOUNTS_NOW]
    outcome, run = do({"account": "Acme"}, replies | {ACCOUNTS_NOW: in_account(), JOIN: [LOST, JOINED]})
    assert outcome.status is RowStatus.SUCCEEDED
    assert run.places == [SYNC, JOIN, ACCOUNTS_NOW, JOIN]
    outcome, _run = do({"account": "Acme"}, replies | {ACCOUNTS_NOW: in_account()})
    assert outcome.status is RowStatus.IN_DOUBT
    assert outcome.action == "created"


# ---- what the account holds already


RECORDS_READ = state_of(
    fields={"1": "Bristol", "3": "||Phone||Mail||"}, tags={"1": "70"}, lists={"1": "1", "2": "2"},
    accounts={"11": "911"},
)  # fmt: skip
SAME = {"email": "ADA@example.com", "firstName": "Ada", "lastName": "", "City": "Bristol", "Ways": "Mail,Phone",
        "tags": "vip", "remove_tags": "Trial", "lists": "news", "unsubscribe_lists": "Offers",
        "account": "acme"}  # fmt: skip


def test_a_row_that_changes_nothing_asks_nothing():
    outcome, run = do(SAME, {}, state=RECORDS_READ)
    assert outcome == Outcome(RowStatus.UNCHANGED, "unchanged", "7")
    assert run.asked == []


@pytest.mark.parametrize(
    ("change", "place"),
    [({"firstName": "Eve"}, SYNC), ({"City": "Bath"}, SYNC), ({"City": "#N/A"}, SYNC), ({"Ways": "Mail"}, SYNC),
     ({"tags": "Trial", "remove_tags": ""}, TAGS), ({"remove_tags": "VIP", "tags": ""}, "DELETE contactTags/70"),
     ({"lists": "", "unsubscribe_lists": "News"}, LISTS), ({"account": "#N/A"}, "DELETE accountContacts/911")],
)  # fmt: skip
def test_of_a_row_that_changes_something_only_that_is_sent(change, place):
    replies = {SYNC: UPDATED, TAGS: NEW_TAG, LISTS: NEW_LIST, place: UPDATED if place == SYNC else NEW_LIST}
    replies |= {TAGS: NEW_TAG, "DELETE contactTags/70": DONE, "DELETE accountContacts/911": DONE}
    outcome, run = do(SAME | change, replies, state=RECORDS_READ)
    assert run.places == [place]
    assert outcome == Outcome(RowStatus.SUCCEEDED, "updated", "7")


def test_a_link_that_someone_else_made_meanwhile_is_no_change_of_ours():
    outcome, _run = do({"tags": "VIP", "lists": "News"}, {TAGS: OLD_TAG, LISTS: OLD_LIST}, state=state_of())
    assert outcome == Outcome(RowStatus.UNCHANGED, "unchanged", "7")


def test_a_contact_that_was_deleted_meanwhile_gets_all_its_links_anew():
    replies = {SYNC: CREATED, TAGS: NEW_TAG, LISTS: NEW_LIST, JOIN: JOINED}
    cells = {key: cell for key, cell in SAME.items() if key not in ("remove_tags", "unsubscribe_lists")}
    outcome, run = do(cells | {"firstName": "Eve"}, replies, state=RECORDS_READ)
    assert outcome == Outcome(RowStatus.SUCCEEDED, "created", "7")
    assert sorted(run.places) == sorted([SYNC, TAGS, LISTS, JOIN])


def test_a_contact_that_someone_else_made_anew_meanwhile_has_none_of_the_links_of_the_old():
    other = Reply(200, {"contact": FULL | {"id": "9"}})
    current = "contacts/9/contactTags", "contacts/9/contactLists"
    replies = {SYNC: other, TAGS: NEW_TAG, LISTS: NEW_LIST, JOIN: JOINED, ACCOUNTS_NOW: links("accountContacts")}
    replies |= {f"GET {path}": links(path.rpartition("/")[2]) for path in current}
    outcome, run = do(SAME | {"firstName": "Eve"}, replies, state=RECORDS_READ)
    assert outcome == Outcome(RowStatus.SUCCEEDED, "updated", "9")
    assert {SYNC, TAGS, LISTS, JOIN} <= set(run.places)


def test_who_left_a_list_stays_off_it_even_if_the_contact_was_made_anew():
    outcome, _run = do({"firstName": "Eve", "lists": "Offers"}, {SYNC: CREATED}, state=RECORDS_READ)
    assert [failure.code for failure in outcome.failures] == ["opted_out"]


def test_a_page_gives_the_state_that_the_flow_needs():
    page = Page({
        "contacts": [FULL | {"fieldValues": ["1"], "contactTags": ["70"], "contactLists": ["5"]}],
        "fieldValues": [{"contact": "7", "field": "1", "value": None, "id": "1"}],
        "contactTags": [{"contact": "7", "tag": "1", "id": "70"}, {"contact": "8", "tag": "2", "id": "71"}],
        "contactLists": [{"contact": "7", "list": "1", "status": "2", "id": "5"}],
        "accountContacts": [],
        "tags": [{"id": "1", "tag": "VIP"}],
    })  # fmt: skip
    state = page.state(page.contacts[0])
    assert state == state_of(fields={"1": ""}, tags={"1": "70"}, lists={"1": "2"})
    assert ContactState.from_json(json.loads(json.dumps(state.to_json()))) == state


# ---- fed the same receipts a flow does the same


CELLS = st.fixed_dictionaries(
    {"firstName": st.sampled_from(["", "Ada", "Eve", "#N/A"]), "City": st.sampled_from(["", "Bristol"])},
    optional={
        "tags": st.sampled_from(["", "VIP", "VIP,Trial"]), "remove_tags": st.sampled_from(["", '"Smith, John"', "x"]),
        "lists": st.sampled_from(["", "News"]), "unsubscribe_lists": st.sampled_from(["", "Offers"]),
        "account": st.sampled_from(["", "Acme", "#N/A"]),
    },
)  # fmt: skip
STATES = st.sampled_from([None, None, state_of(), RECORDS_READ, state_of(accounts={"12": "912"}, lists={"1": "2"})])
GOOD: Mapping[str, list[Reply]] = {
    "POST contact/sync": [CREATED, UPDATED, BOUNCED],
    "POST contacts": [CREATED],
    "PUT contacts": [UPDATED],
    "GET contacts": [links("contacts"), links("contacts", FULL)],
    "POST contactTags": [NEW_TAG, OLD_TAG],
    "POST contactLists": [NEW_LIST, OLD_LIST],
    "GET contacts/contactTags": [links("contactTags"), links("contactTags", {"tag": "3", "id": "73"})],
    "GET contacts/contactLists": [links("contactLists"), on_list("1", "2"), on_list("1", "1")],
    "GET contacts/fieldValues": [links("fieldValues"), links("fieldValues", {"field": "1", "id": "40", "value": "x"})],
    "GET accountContacts": [in_account(), in_account("11"), in_account("12")],
    "POST accountContacts": [JOINED],
    "GET contactTags": [GONE, Reply(200, {"contactTag": {"id": "73"}})],
    "DELETE contactTags": [DONE, GONE],
    "DELETE accountContacts": [DONE],
}


def some_reply(request: Request, chance: random.Random) -> Reply | Lost:
    if chance.random() < 0.25:
        return chance.choice([LOST, TAKEN, Reply(500, {"message": "x"}), Reply(404, {"message": "No Result found"})])
    words = [word for word in request.path.split("/") if not word.isdigit()]
    return chance.choice(GOOD[f"{request.method} {'/'.join(words)}"])


@given(
    CELLS, STATES, st.sampled_from(["upsert", "create", "update"]), st.booleans(), st.sampled_from(["keep", "clear"]),
    st.integers(0, 2**32), st.integers(0, 12),
)  # fmt: skip
@settings(max_examples=tries(60, 800), deadline=None, derandomize=True)
def test_a_flow_fed_its_receipts_stands_where_it_stopped(cells, state, mode, resubscribe, blank, seed, cut):
    cells = {"email": "ada@example.com", **cells}
    meaning = meaning_of(cells, mode=mode, resubscribe=resubscribe, blank=blank)

    def flow() -> Flow:
        return contact_flow(row_of(cells), meaning, NAMES, Known(state, fresh=True))

    def answer(request: Request) -> Receipt:  # of a step always the same, whenever it is asked
        return receipt_of(request, some_reply(request, random.Random(f"{seed} {request.step}")))

    outcome, asked, receipts = played(flow(), {}, answer)
    assert outcome is not None
    steps = [request.step for request in asked]
    assert len(set(steps)) == len(steps) == len(receipts)
    again, more, _receipts = played(flow(), written_down(receipts), answer)
    assert (again, more) == (outcome, [])
    _none, before, some = played(flow(), {}, answer, at_most=cut)
    after_cut, after, _all = played(flow(), written_down(some), answer)
    assert after_cut == outcome
    assert [(r.step, r.method, r.path, r.body) for r in (*before, *after)] == [
        (r.step, r.method, r.path, r.body) for r in asked
    ]
    failed = {step for step, receipt in receipts.items() if not receipt.ok}
    good = outcome.status in (RowStatus.SUCCEEDED, RowStatus.UNCHANGED)
    writes = [r for r in asked if r.method != "GET" and receipts[r.step].ok]
    assert good <= (not failed or mode == "create" or "account Acme" in failed), "a good end hides no failed step"
    if outcome.status is RowStatus.UNCHANGED:
        assert not [r for r in writes if receipts[r.step].status == 201]
    if outcome.status is RowStatus.IN_DOUBT:
        assert any(receipt.verdict is Verdict.IN_DOUBT for receipt in receipts.values())
    if mode == "update":
        assert outcome.action != "created"


# ---- together


def test_together_runs_parts_of_any_length_side_by_side():
    def part(name: str, rounds: int):
        told = []
        for n in range(rounds):
            told += yield tuple(Request(f"{name}{n}{i}", "GET", "x") for i in range(n % 2 + 1))
        return [receipt.step for receipt in told]

    results = []

    def entire():
        results.append((yield from combined([part("a", 3), part("b", 0), part("c", 1)])))
        results.append((yield from combined([])))
        yield ()

    flow, batches = entire(), []
    requests = next(flow)
    while requests:
        batches.append([request.step for request in requests])
        requests = flow.send(tuple(Receipt(request.step, Verdict.ACCEPT) for request in requests))
    assert results == [[["a00", "a10", "a11", "a20"], [], ["c00"]], []]
    assert batches == [["a00", "c00"], ["a10", "a11"], ["a20"]]


@pytest.mark.parametrize(
    ("known", "attempts", "action"),
    [
        (Known(absent=True), 2, "created"), (Known(absent=True), 1, "updated"), (Known(), 2, "updated"),
        (Known(newest=6), 2, "created"), (Known(newest=0), 2, "created"), (Known(newest=6), 1, "updated"),
        (Known(newest=7), 2, "updated"),
    ],
)  # fmt: skip
def test_a_contact_made_by_a_send_whose_answer_was_lost_was_created(known, attempts, action):
    row = Row(2, "ada@example.com", {"email": "ada@example.com", "firstName": "Ada"})
    flow = contact_flow(row, meaning_of(["email", "firstName"]), NAMES, known)
    next(flow)
    with pytest.raises(StopIteration) as end:
        flow.send((Receipt(CONTACT, Verdict.ACCEPT, 200, ["7", False], attempts=attempts),))
    assert end.value.value.action == action


def test_whom_an_address_is_taken_for_is_told_where_something_was_sent_to_it():
    taken = Reply(200, {"contacts": [{**FULL, "email": "adà@example.com"}]})
    columns = tuple(column for column in columns_of(CONTACTS, names()) if column.attribute in ("email", "firstName"))
    row = Row(2, "ada@example.com", {"email": "ada@example.com", "firstName": "Ada"})
    known = {"contact": Receipt(CONTACT, Verdict.IN_DOUBT, 200, None, "another_record", "It was about another.")}
    flow = contact_flow(row, Meaning(columns), names(), Known())
    outcome, _asked, _receipts = played(flow, known, lambda request: receipt_of(request, taken))
    assert outcome is not None
    assert (outcome.status, outcome.failures[0].code) == (RowStatus.IN_DOUBT, "another_record")
    assert "may have changed that person" in outcome.failures[0].error
    assert "Nothing was done" not in outcome.failures[0].error
