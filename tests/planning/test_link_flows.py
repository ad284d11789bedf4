"""Rows of what belongs to a contact as flows: what they ask and say of each reply. Replies by hand, from
ACTIVECAMPAIGN-API §1.6, §2, §3, §4.3, §7.1 and §7.5.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bulk.model import CUT_OFF, Failure, Flow, Lost, Outcome, Receipt, Reply, Request, Row, RowStatus, Verdict
from bulk.planning.names import CustomField, Names, columns_of
from bulk.planning.rows.link import LinkRows
from bulk.planning.state import ContactState
from bulk.planning.writers import Estimate, Known, Meaning, Own
from bulk.resources import named
from bulk.resources.kinds import Option
from tests.planning.playing import Run, links, played, receipt_of, written_down
from tests.scale import tries

ADA = {  # a contact of a list, shortened to what matters: §2
    "cdate": "2026-05-28T03:05:54-05:00", "email": "Ada@example.com", "phone": "", "firstName": "Ada", "lastName": "",
    "bounced_hard": "0", "deleted": "0", "links": {}, "id": "7", "organization": None,
}  # fmt: skip
KNOWN, NOBODY = links("contacts", ADA), links("contacts")
NO_CONTACT = Reply(404, {"message": "No Result found for Subscriber with id 7"})  # §1.6
LOST = Lost("the answer was lost")
DONE = Reply(200, {})
LOOK = "GET contacts"
UNKNOWN = Known()


def in_books(known: Names, family: str, *records: tuple[str, ...]) -> None:
    for identity, name, *also in records:
        known.book(family).add(identity, name, *also)


def names() -> Names:
    known = Names(
        fields=(
            CustomField("1", "City", "CITY", "text"),
            CustomField("2", "Level", "LEVEL", "dropdown", (Option("Gold"), Option("Tin", "Blech"))),
            CustomField("3", "Ways", "WAYS", "checkbox", (Option("Mail"), Option("Phone", "Ring"))),
            CustomField("4", "Born", "BORN", "date"),
            CustomField("5", "Next Call", "NEXT", "datetime"),
        ),
    )
    for custom in known.fields:
        known.book("fields").add(custom.id, custom.title, custom.perstag)
    in_books(known, "tags", ("1", "VIP"), ("2", "Trial"))
    in_books(known, "lists", ("1", "News", "news"), ("2", "Offers", "offers"))
    in_books(known, "accounts", ("11", "Acme"), ("12", "Other"), ("13", "Twin"), ("14", "Twin"))
    in_books(known, "automations", ("5", "Welcome"), ("6", "Birthday"))
    return known


@dataclass
class Read:
    """What was read of the account: one contact, or nothing."""

    state: ContactState | None = None

    def contact(self, email: str) -> ContactState | None:
        return self.state if self.state and email.casefold() == "ada@example.com" else None

    def contact_of(self, identity: str) -> ContactState | None:
        return self.state if self.state and identity == self.state.id else None

    def records(self, key: str) -> list[tuple[str, object]]:
        raise AssertionError(key)

    def is_claimed(self, _identity: str) -> bool:
        return False

    def is_ours(self, identity: str) -> bool:
        raise AssertionError(identity)

    newest = 0
    everybody = False


@dataclass
class Table:
    """Rows of one resource."""

    name: str
    choices: dict[str, object] = field(default_factory=dict)

    def writer(self, cells: Mapping[str, str], state: ContactState | None = None, **choices: object) -> LinkRows:
        resource, known = named(self.name), names()
        columns = tuple(column for column in columns_of(resource, known) if column.attribute in cells)
        chosen = {"mode": "upsert", "key": resource.key, **choices}
        return LinkRows(resource, Meaning(columns, **chosen), known, Read(state))

    def flow(
        self, cells: Mapping[str, str], state: ContactState | None = None, known: Known = UNKNOWN, **choices: object
    ) -> Flow:
        return self.writer(cells, state, **choices).flow(Row(2, "key", dict(cells)), known)

    def __call__(
        self, cells: Mapping[str, str], replies: Mapping[str, list[Reply | Lost] | Reply | Lost], *,
        state: ContactState | None = None, fresh: bool = True, begun: tuple[str, ...] = (), bounced: str = "0",
        **choices: object,
    ) -> tuple[Outcome, Run]:  # fmt: skip
        run = Run(replies, bounced=bounced)
        return run(self.flow(cells, state, Known(state, fresh=fresh, begun=frozenset(begun)), **choices)), run


def state_of(**more: object) -> ContactState:
    attributes = {"email": "ada@example.com", "firstName": "Ada", "lastName": "", "phone": ""}
    families = {"fields": {}, "tags": {}, "lists": {}, "accounts": {}}
    return ContactState("7", attributes, **(families | more))


def failed(code: str, step: str = "") -> tuple[RowStatus, list[tuple[str, str]]]:
    return (RowStatus.FAILED if step else RowStatus.REJECTED, [(step, code)])


def job_result(outcome: Outcome) -> tuple[RowStatus, list[tuple[str, str]]]:
    return (outcome.status, [(failure.step, failure.code) for failure in outcome.failures])


def did(action: str) -> Outcome:
    return Outcome(RowStatus.UNCHANGED if action == "unchanged" else RowStatus.SUCCEEDED, action, "7")


tags, lists, values = Table("contactTags"), Table("contactLists"), Table("fieldValues")
employs, enrols = Table("accountContacts"), Table("contactAutomations")


# ---- whose it is, and what: the same for all of them

WAYS = {
    "contactTags": ("tag", "tag_name", "1", "VIP", {}),
    "contactLists": ("list", "list_name", "1", "news", {"status": "2"}),
    "fieldValues": ("field", "field_title", "1", "%CITY%", {"value": "Bath"}),
    "accountContacts": ("account", "account_name", "11", "acme", {}),
    "contactAutomations": ("automation", "automation_name", "5", "welcome", {}),
}
EVERY = pytest.mark.parametrize("name", WAYS)
TAG = Reply(201, {"contacts": [ADA], "contactTag": {"contact": "7", "tag": "1", "cdate": "x", "links": {}, "id": "70"}})
OLD_TAG = Reply(200, {"contactTag": {"contact": "7", "tag": "1", "created_timestamp": "x", "id": "70"}})  # §3.3
LIST = Reply(200, {"contacts": [ADA], "contactList": {"contact": "7", "list": "1", "status": 2, "id": "5"}})
OLD_LIST = Reply(200, {"contactList": {"contact": "7", "list": "1", "status": "2", "id": "5"}})  # §3.1
VALUE = Reply(201, {"contacts": [ADA], "fieldValue": {"contact": "7", "field": "1", "value": "Bath", "id": "40"}})
OLD_VALUE = Reply(200, VALUE.body)  # §4.3, §11
JOINED = Reply(201, {"accountContact": {"account": "11", "contact": "7", "id": "90"}})  # §7.1
ENROLLED = Reply(201, {"contacts": [ADA], "contactAutomation": {"contact": "7", "automation": "5", "id": "60"}})  # §7.5
IN_NONE = links("contactAutomations")
WRITES = {
    "POST contactTags": TAG, "POST contactLists": LIST, "POST fieldValues": VALUE, "POST accountContacts": JOINED,
    "GET accountContacts": links("accountContacts"), "POST contactAutomations": ENROLLED,
    "GET contacts/7/contactAutomations": IN_NONE,
}  # fmt: skip


@EVERY
def test_the_contact_is_found_by_its_address_and_the_other_side_by_its_name(name: str):
    _attribute, title, identity, called, more = WAYS[name]
    outcome, run = Table(name)({"contact_email": "ada@example.com", title: called, **more}, {LOOK: KNOWN, **WRITES})
    assert outcome.status is RowStatus.SUCCEEDED
    assert outcome.id == "7"
    assert run.asked[0].query == (("email", "ada@example.com"),)
    (body,) = (request.body for request in run.asked if request.method == "POST")
    (link,) = body.values()
    assert (link["contact"], link[WAYS[name][0]]) == ("7", identity)


@EVERY
def test_ids_are_used_as_they_are_and_what_was_read_saves_the_question(name: str):
    attribute, title, identity, called, more = WAYS[name]
    outcome, run = Table(name)({"contact": "7", attribute: identity, **more}, WRITES)
    assert outcome.status is RowStatus.SUCCEEDED
    assert LOOK not in run.places
    cells = {"contact": "7", "contact_email": "ADA@example.com", attribute: identity, title: called, **more}
    outcome, run = Table(name)(cells, WRITES, state=state_of())
    assert outcome.status is RowStatus.SUCCEEDED
    assert LOOK not in run.places


@EVERY
def test_nobody_by_that_address_fails_with_what_to_do(name: str):
    _attribute, title, _identity, called, more = WAYS[name]
    cells = {"contact_email": "bo@example.com", title: called, **more}
    outcome, run = Table(name)(cells, {LOOK: KNOWN})  # a server that does not narrow down
    said = "There is no contact bo@example.com. Import the contacts first."
    assert outcome == Outcome(RowStatus.FAILED, failures=(Failure("look up contact_email", "not_found", said),))
    assert run.places == [LOOK]


@EVERY
@pytest.mark.parametrize("known", [True, False])
def test_an_id_and_an_address_of_two_contacts_write_nothing(name: str, known: bool):
    _attribute, title, _identity, called, more = WAYS[name]
    cells = {"contact": "8", "contact_email": "ada@example.com", title: called, **more}
    outcome, run = Table(name)(cells, {LOOK: KNOWN}, state=state_of() if known else None)
    assert job_result(outcome) == failed("contradiction")
    assert "contact is 8" in outcome.failures[0].error
    assert run.places == ([] if known else [LOOK])


@EVERY
def test_an_id_and_a_name_of_two_records_ask_nothing(name: str):
    attribute, title, _identity, called, more = WAYS[name]
    outcome, run = Table(name)({"contact": "7", attribute: "2", title: called, **more}, {})
    assert job_result(outcome) == failed("contradiction")
    assert run.asked == []


@EVERY
def test_a_name_that_is_not_there_rejects_the_row_with_the_nearest(name: str):
    _attribute, title, _identity, called, more = WAYS[name]
    outcome, run = Table(name)({"contact": "7", title: called.strip("%") + "x", **more}, {})
    assert job_result(outcome) == failed("unknown_name")
    nearest = {"contactTags": "VIP", "contactLists": "News", "fieldValues": "City", "accountContacts": "Acme"}
    assert f"Nearest: {nearest.get(name, 'Welcome')}" in outcome.failures[0].error
    assert run.asked == []


@EVERY
@pytest.mark.parametrize("empty", ["contact", "other"])
def test_a_row_that_clears_what_it_needs_is_rejected(name: str, empty: str):
    attribute, title, _identity, _called, more = WAYS[name]
    cells = {"contact": "7", "contact_email": "", attribute: "1", title: "", **more}
    cells |= {"contact": "#N/A"} if empty == "contact" else {attribute: "#N/A"}
    outcome, run = Table(name)(cells, {})
    assert job_result(outcome) == failed("required")
    assert run.asked == []


def test_what_can_be_made_is_made_before_the_rows():
    def estimated(table: Table, cells: Mapping[str, str], **choices: object) -> object:
        result = table.writer(cells, **choices).estimate(Own(Row(2, "key", dict(cells))), Known())
        return result.names if isinstance(result, Estimate) else result.code

    assert estimated(tags, {"contact": "7", "tag_name": "New"}) == (("tags", "New"),)
    assert estimated(employs, {"contact": "7", "account_name": "New"}) == (("accounts", "New"),)
    assert estimated(lists, {"contact": "7", "list_name": "New", "status": "1"}) == "unknown_name"
    assert estimated(values, {"contact": "7", "field_title": "New", "value": "1"}) == "unknown_name"
    assert estimated(enrols, {"contact": "7", "automation_name": "New"}) == "unknown_name"
    assert estimated(tags, {"contact": "7", "tag_name": "New"}, mode="delete") == ()
    assert estimated(tags, {"contact": "7", "tag": "1", "tag_name": "New"}) == (), "the id says which it would be"


def test_of_records_that_are_called_alike_the_id_says_which():
    cells = {"contact": "7", "account_name": "Twin"}
    outcome, _run = employs(cells, {})
    assert job_result(outcome) == failed("ambiguous_name")
    _outcome, run = employs(cells | {"account": "14"}, WRITES)
    assert run.bodies("POST accountContacts") == [{"accountContact": {"account": "14", "contact": "7"}}]


def test_a_question_that_is_not_answered_has_changed_nothing():
    outcome, run = tags({"contact_email": "ada@example.com", "tag": "1"}, {LOOK: Reply(500, {"message": "x"})})
    assert job_result(outcome) == failed("http_500", "look up contact_email")
    assert run.places == [LOOK]


# ---- contactTags: §3.3

ADD = "POST contactTags"
BOTH = {"contact": "7", "tag": "1"}


def test_a_tag_is_added_and_what_was_there_is_unchanged():
    assert tags(BOTH, {ADD: TAG})[0] == did("created")
    assert tags(BOTH, {ADD: Reply(200, TAG.body)})[0] == did("created"), "seen as 200 with contacts: §11"
    assert tags(BOTH, {ADD: OLD_TAG})[0] == did("unchanged")
    outcome, run = tags(BOTH, {}, state=state_of(tags={"1": "70"}))
    assert (outcome, run.asked) == (did("unchanged"), [])


def test_a_tag_whose_first_answer_was_lost_was_added_by_that_send():
    flow = tags.flow(BOTH, state_of())
    (request,) = next(flow)
    with pytest.raises(StopIteration) as end:
        flow.send((Receipt(request.step, Verdict.ACCEPT, 200, False, attempts=2),))
    assert end.value.value == did("created")


def test_an_id_of_nobody_fails_in_the_api_s_own_words():
    gone = {"errors": [{"status": 404, "title": "Not Found", "detail": "Contact not found"}]}
    outcome, _run = tags(BOTH, {ADD: Reply(404, gone)})
    assert outcome.status is RowStatus.FAILED
    assert outcome.failures[0].error == "Not Found Contact not found (HTTP 404)"


def test_a_tag_is_taken_off_by_the_id_of_the_link():
    current = links("contactTags", {"contact": "7", "tag": "2", "id": "71"}, {"contact": "7", "tag": "1", "id": "70"})
    asked = "GET contacts/7/contactTags"
    outcome, run = tags(BOTH, {asked: current, "DELETE contactTags/70": DONE}, mode="delete")
    assert outcome == did("deleted")
    assert run.places == [asked, "DELETE contactTags/70"]
    outcome, run = tags(BOTH, {"DELETE contactTags/70": DONE}, mode="delete", state=state_of(tags={"1": "70"}))
    assert outcome == did("deleted")


def test_a_tag_that_is_not_there_is_off():
    assert tags(BOTH, {"GET contacts/7/contactTags": links("contactTags")}, mode="delete")[0] == did("unchanged")
    assert tags(BOTH, {}, mode="delete", state=state_of())[0] == did("unchanged")
    gone = Reply(404, {"message": "No Result found for SubscriberTag with id 70"})
    outcome, _run = tags(BOTH, {"DELETE contactTags/70": gone}, mode="delete", state=state_of(tags={"1": "70"}))
    assert outcome == did("unchanged"), "somebody else took it off"
    outcome, _run = tags({"contact_email": "bo@example.com", "tag": "1"}, {LOOK: NOBODY}, mode="delete")
    assert outcome == Outcome(RowStatus.UNCHANGED, "unchanged")


def test_a_tag_that_an_earlier_run_took_off_was_taken_off_by_this_row():
    replies = {"GET contacts/7/contactTags": links("contactTags")}
    outcome, _run = tags(BOTH, replies, mode="delete", begun=("remove tag 1",))
    assert outcome == did("deleted")


# ---- contactLists: §3.1

SET, RECORDS_READ = "POST contactLists", "GET contacts/7/contactLists"
WHO = "GET contacts/7"


def on(status: str) -> Reply:
    return links("contactLists", {"contact": "7", "list": "1", "status": status, "id": "5"})


def member(status: str) -> dict[str, str]:
    return {"contact": "7", "list": "1", "status": status}


@pytest.mark.parametrize("current", ["2", "3"])
@pytest.mark.parametrize("wanted", ["0", "1"])
@pytest.mark.parametrize("fresh", [True, False])
def test_who_left_or_bounced_is_subscribed_only_when_asked_for(current: str, wanted: str, fresh: bool):
    state = state_of(lists={"1": current if fresh else wanted})
    replies = {RECORDS_READ: on(current), SET: LIST}
    outcome, run = lists(member(wanted), replies, state=state, fresh=fresh)
    assert job_result(outcome) == failed("opted_out", "list News")
    assert "'News'" in outcome.failures[0].error
    assert run.places == []
    outcome, run = lists(member(wanted), replies, state=state, fresh=fresh, resubscribe=True)
    assert outcome == did("updated")
    link = {"list": "1", "contact": "7", "status": int(wanted), "sourceid": 4}
    assert run.bodies(SET) == [{"contactList": link}]


@pytest.mark.parametrize("by", ["id", "address", "state"])
def test_an_address_that_bounced_for_good_is_subscribed_to_nothing(by: str):
    cells = member("1") if by == "id" else {"contact_email": "ada@example.com", "list": "1", "status": "1"}
    replies = {LOOK: links("contacts", ADA | {"bounced_hard": "1"}), RECORDS_READ: links("contactLists")}
    outcome, run = lists(cells, replies, state=state_of(bounced=True) if by == "state" else None, bounced="1")
    assert job_result(outcome) == failed("opted_out", "list News")
    assert SET not in run.places


def test_a_contact_that_cannot_be_looked_at_is_not_subscribed():
    outcome, run = lists(member("1"), {RECORDS_READ: NO_CONTACT})
    assert job_result(outcome) == failed("http_404", "list News")
    assert "No Result found for Subscriber with id 7" in outcome.failures[0].error
    outcome, run = lists(member("1"), {RECORDS_READ: Reply(500, {"message": "x"})})
    assert outcome.status is RowStatus.FAILED
    assert SET not in run.places


def test_a_new_member_and_one_of_another_status():
    outcome, run = lists(member("1"), {SET: LIST}, state=state_of())
    assert outcome == did("created")
    assert run.bodies(SET) == [{"contactList": {"list": "1", "contact": "7", "status": 1}}]
    assert job_result(lists(member("1"), {}, state=state_of(lists={"1": "0"}))[0]) == failed("unconfirmed", "list News")
    confirmed = lists(member("1"), {SET: LIST}, state=state_of(lists={"1": "0"}), resubscribe=True)[0]
    assert confirmed == did("updated")


@pytest.mark.parametrize("status", ["0", "1", "2", "3"])
def test_the_same_status_again_sends_nothing(status: str):
    outcome, run = lists(member(status), {}, state=state_of(lists={"1": status}))
    assert (outcome, run.asked) == (did("unchanged"), [])


@pytest.mark.parametrize("status", ["2", "3"])
def test_leaving_needs_no_question_and_the_reply_says_whether_it_was_so(status: str):
    outcome, run = lists(member(status), {SET: LIST})
    assert outcome == did("updated")
    assert run.places == [SET]
    assert run.bodies(SET) == [{"contactList": {"list": "1", "contact": "7", "status": int(status)}}]
    assert lists(member(status), {SET: OLD_LIST})[0] == did("unchanged")


def test_who_left_since_the_account_was_read_too_long_ago_stays_away():
    outcome, _run = lists(member("1"), {RECORDS_READ: on("2")}, state=state_of(lists={"1": "1"}), fresh=False)
    assert job_result(outcome) == failed("opted_out", "list News")


def test_a_status_that_is_cleared_is_no_status():
    assert job_result(lists(member("#N/A"), {})[0]) == failed("required")


# ---- fieldValues: §4.3

PUT_VALUE = "POST fieldValues"


def value(custom: str, cell: str) -> dict[str, str]:
    return {"contact": "7", "field": custom, "value": cell}


@pytest.mark.parametrize(
    ("custom", "cell", "sent"),
    [("1", " Bath ", " Bath "), ("1", "||A||B||", "||A||B||"), ("2", "Blech", "Tin"), ("2", "Gold", "Gold"),
     ("3", "Mail,Ring", "||Mail||Phone||"), ("3", "||Phone||Mail||", "||Phone||Mail||"),
     ("4", "1815-12-10", "1815-12-10"),
     ("5", "2026-05-28T03:05:54-05:00", "2026-05-28T03:05:54-05:00"), ("1", "#N/A", ""), ("3", "#N/A", ""),
     ("99", "2026-13-13", "2026-13-13")],
)  # fmt: skip
def test_a_value_is_read_by_the_kind_of_its_field(custom: str, cell: str, sent: str):
    outcome, run = values(value(custom, cell), {PUT_VALUE: VALUE})
    assert outcome == did("created")
    assert run.bodies(PUT_VALUE) == [{"fieldValue": {"contact": "7", "field": custom, "value": sent}}]


@pytest.mark.parametrize(
    ("custom", "cell", "code"),
    [("2", "Iron", "unknown_option"), ("3", "||Mail||Iron||", "unknown_option"), ("4", "10.12.1815", "date_ambiguous"),
     ("5", "2026-05-28T03:05:54", "datetime_without_offset")],
)  # fmt: skip
def test_a_value_that_its_field_does_not_take_rejects_the_row(custom: str, cell: str, code: str):
    outcome, run = values(value(custom, cell), {})
    assert job_result(outcome) == failed(code)
    assert run.asked == []


def test_an_empty_cell_leaves_the_value_alone_and_clears_it_when_asked():
    outcome, run = values(value("1", ""), {})
    assert (outcome.status, run.asked) == (RowStatus.UNCHANGED, [])
    outcome, run = values({"contact": "7", "field": "1"}, {})
    assert (outcome.status, run.asked) == (RowStatus.UNCHANGED, [])
    outcome, run = values(value("1", ""), {PUT_VALUE: OLD_VALUE}, blank="clear")
    assert outcome == did("updated")
    assert run.bodies(PUT_VALUE) == [{"fieldValue": {"contact": "7", "field": "1", "value": ""}}]


@pytest.mark.parametrize(
    ("custom", "current", "cell"),
    [("1", "Bath", "Bath"), ("3", "||Phone||Mail||", "Mail,Ring"), ("1", "", "#N/A"), ("1", None, "#N/A"),
     ("5", "2026-05-28T08:05:54+00:00", "2026-05-28T03:05:54-05:00"), ("2", "Tin", "Blech")],
)  # fmt: skip
def test_a_value_that_is_there_sends_nothing(custom: str, current: str | None, cell: str):
    state = state_of(fields={} if current is None else {custom: current})
    outcome, run = values(value(custom, cell), {}, state=state)
    assert (outcome, run.asked) == (did("unchanged"), [])


def test_a_value_is_new_or_another():
    assert values(value("1", "Bath"), {PUT_VALUE: OLD_VALUE}, state=state_of())[0] == did("created")
    assert values(value("1", "Bath"), {PUT_VALUE: VALUE}, state=state_of(fields={"1": "x"}))[0] == did("updated")
    assert values(value("1", "Bath"), {PUT_VALUE: OLD_VALUE})[0] == did("updated")


def test_a_value_whose_answer_never_comes_is_in_doubt():
    outcome, _run = values(value("1", "Bath"), {PUT_VALUE: LOST})
    assert (outcome.status, outcome.failures[0].code) == (RowStatus.IN_DOUBT, "no_answer")


def test_a_value_is_deleted_by_its_id():
    asked = "GET contacts/7/fieldValues"
    current = links("fieldValues", {"contact": "7", "field": "1", "value": None, "id": "40", "owner": "7"})
    outcome, run = values(value("1", "Iron"), {asked: current, "DELETE fieldValues/40": DONE}, mode="delete")
    assert outcome == did("deleted")
    assert run.places == [asked, "DELETE fieldValues/40"]
    assert values(value("2", "Iron"), {asked: current}, mode="delete")[0] == did("unchanged"), (
        "its value does not matter"
    )
    outcome, run = values(value("1", ""), {}, mode="delete", state=state_of())
    assert (outcome, run.asked) == (did("unchanged"), [])


# ---- accountContacts: §7.1

JOIN, WHERE = "POST accountContacts", "GET accountContacts"


def at(*accounts: str, title: str = "") -> Reply:
    records = ({"account": a, "contact": "7", "jobTitle": title, "id": f"9{a}"} for a in accounts)
    return links("accountContacts", *records, {"account": "99", "contact": "1007", "jobTitle": "", "id": "8"})


def job(account: str = "11", **more: str) -> dict[str, str]:
    return {"contact": "7", "account": account, **more}


def test_joining_with_a_job_title():
    outcome, run = employs(job(jobTitle="Analyst"), {WHERE: at(), JOIN: JOINED})
    assert outcome.status is RowStatus.SUCCEEDED
    assert run.bodies(JOIN) == [{"accountContact": {"account": "11", "contact": "7", "jobTitle": "Analyst"}}]
    outcome, run = employs(job(), {JOIN: JOINED}, state=state_of())
    assert outcome == did("created")
    assert run.bodies(JOIN) == [{"accountContact": {"account": "11", "contact": "7"}}]


def test_moving_leaves_the_other_account_first():
    outcome, run = employs(job(), {WHERE: at("12"), "DELETE accountContacts/912": DONE, JOIN: JOINED})
    assert outcome == did("updated")
    assert run.places == [WHERE, "DELETE accountContacts/912", JOIN]


@pytest.mark.parametrize("read", [True, False])
@pytest.mark.parametrize(("current", "cell", "sent"), [("", "Analyst", "Analyst"), ("Clerk", "#N/A", "")])
def test_a_title_that_differs_is_changed_in_place(read: bool, current: str, cell: str, sent: str):
    place = "PUT accountContacts/911"
    record = {"account": "11", "contact": "7", "jobTitle": sent, "id": "911"}
    replies = {WHERE: at("11", title=current), place: Reply(200, {"accountContact": record})}
    state = state_of(accounts={"11": "911"}, titles={"11": current}) if read else None
    outcome, run = employs(job(jobTitle=cell), replies, state=state)
    assert outcome == did("updated")
    assert run.bodies(place) == [{"accountContact": {"jobTitle": sent}}]
    assert JOIN not in run.places


@pytest.mark.parametrize("cells", [job(), job(jobTitle=""), job(jobTitle="Clerk")])
def test_who_is_there_as_that_stays(cells: dict[str, str]):
    outcome, run = employs(cells, {}, state=state_of(accounts={"11": "911"}, titles={"11": "Clerk"}))
    assert (outcome, run.asked) == (did("unchanged"), [])
    outcome, run = employs(cells, {WHERE: at("11", title="Clerk")})
    assert (outcome, run.places) == (did("unchanged"), [WHERE])


def test_a_lost_joining_is_settled_by_reading():
    outcome, run = employs(job(), {JOIN: LOST, WHERE: [at(), at("11")]})
    assert outcome.status is RowStatus.SUCCEEDED
    assert run.places == [WHERE, JOIN, WHERE]
    outcome, run = employs(job(), {JOIN: [LOST, JOINED], WHERE: at()})
    assert outcome.status is RowStatus.SUCCEEDED
    assert run.places == [WHERE, JOIN, WHERE, JOIN]
    assert employs(job(), {JOIN: LOST, WHERE: at()})[0].status is RowStatus.IN_DOUBT
    assert employs(job(), {JOIN: LOST, WHERE: [at(), Reply(500, {"message": "x"})]})[0].status is RowStatus.IN_DOUBT


def test_a_joining_that_an_earlier_run_sent_was_this_row_s():
    assert employs(job(), {WHERE: at("11")}, begun=("account 11",))[0].status is RowStatus.SUCCEEDED
    outcome, _run = employs(job(), {WHERE: Reply(500, {"message": "x"})}, begun=("account 11",))
    assert outcome.status is RowStatus.IN_DOUBT, "whether it was applied is not known"


@pytest.mark.parametrize("read", [True, False])
def test_only_the_account_that_the_row_names_is_left(read: bool):
    state = state_of(accounts={"12": "912"}, titles={"12": ""}) if read else None
    replies = {WHERE: at("12"), "DELETE accountContacts/912": DONE}
    assert employs(job("11"), replies, state=state, mode="delete")[0] == did("unchanged")
    assert employs(job("12"), replies, state=state, mode="delete")[0] == did("deleted")
    assert employs({"contact": "7"}, replies, state=state, mode="delete")[0] == did("deleted")
    outcome, _run = employs({"contact": "7"}, {WHERE: at()}, mode="delete")
    assert outcome == did("unchanged")


# ---- contactAutomations: §7.5

ENROL, IN = "POST contactAutomations", "GET contacts/7/contactAutomations"
WISH = {"contact": "7", "automation": "5"}
REFUSED = Reply(403, {"message": "Could not create SubscriberSeries"})  # §1.6


def inside(*ids: str, automation: str = "5") -> Reply:
    other = {"contact": "7", "automation": "6", "seriesid": "6", "id": "3"}
    ours = ({"contact": "7", "automation": automation, "seriesid": automation, "id": i} for i in ids)
    return links("contactAutomations", other, *ours)


def test_who_was_never_in_it_is_enrolled_once():
    outcome, run = enrols(WISH, {IN: inside(), ENROL: ENROLLED})
    assert outcome == did("created")
    assert run.bodies(ENROL) == [{"contactAutomation": {"contact": "7", "automation": "5"}}]
    outcome, run = enrols(WISH, {IN: inside("4")})
    assert (outcome, run.places) == (did("unchanged"), [IN])
    outcome, run = enrols(WISH, {IN: inside("4"), ENROL: ENROLLED}, mode="create")
    assert (outcome, run.places) == (did("created"), [IN, ENROL])


def test_many_enrolments_are_read_to_the_end():
    full = [{"contact": "7", "automation": "6", "id": str(n)} for n in range(100, 200)]
    outcome, run = enrols(WISH, {IN: [links("contactAutomations", *full), inside("4")]})
    assert outcome == did("unchanged")
    assert [dict(request.query)["offset"] for request in run.asked] == ["0", "100"]


@pytest.mark.parametrize("mode", ["upsert", "create"])
def test_a_lost_enrolment_is_looked_for_among_those_that_were_not_there(mode: str):
    before = () if mode == "upsert" else ("4",)
    outcome, run = enrols(WISH, {IN: [inside(*before), inside(*before, "60")], ENROL: LOST}, mode=mode)
    assert (outcome, run.places) == (did("created"), [IN, ENROL, IN])
    outcome, run = enrols(WISH, {IN: inside(*before), ENROL: [LOST, ENROLLED]}, mode=mode)
    assert (outcome, run.places) == (did("created"), [IN, ENROL, IN, ENROL])
    outcome, run = enrols(WISH, {IN: inside(*before), ENROL: LOST}, mode=mode)
    assert (outcome.status, run.places) == (RowStatus.IN_DOUBT, [IN, ENROL, IN, ENROL, IN])
    outcome, run = enrols(WISH, {IN: [inside(*before), LOST], ENROL: LOST}, mode=mode)
    assert (outcome.status, run.places) == (RowStatus.IN_DOUBT, [IN, ENROL, IN])


def cut_off(
    replies: Mapping[str, Reply | Lost], *, begun: tuple[str, ...], mode: str, kept: Mapping[str, Receipt]
) -> tuple[Outcome | None, list[Request]]:
    """An enrolment was sent by an earlier run that was cut off before the answer."""
    known = {"enrol": Receipt("enrol", Verdict.IN_DOUBT, code="no_answer", error=CUT_OFF), **kept}
    flow = enrols.flow(WISH, known=Known(begun=frozenset(begun)), mode=mode)
    outcome, asked, _all = played(flow, known, lambda r: receipt_of(r, replies[f"{r.method} {r.path}"]))
    return outcome, asked


BEFORE = Receipt("look up 0", Verdict.ACCEPT, 200, [[["3", ["3", "6"]]], None])


@pytest.mark.parametrize("mode", ["upsert", "create"])
def test_an_enrolment_cut_off_is_settled_by_what_was_there_before_it(mode: str):
    begun, kept = ("look up 0", "enrol"), {"look up 0": BEFORE}
    outcome, asked = cut_off({IN: inside("60")}, begun=begun, mode=mode, kept=kept)
    assert outcome == did("created")
    assert [request.method for request in asked] == ["GET"]
    outcome, asked = cut_off({IN: inside(), ENROL: ENROLLED}, begun=begun, mode=mode, kept=kept)
    assert outcome == did("created")
    assert [request.method for request in asked] == ["GET", "POST"]


@pytest.mark.parametrize("again", [False, True], ids=["once", "twice"])
def test_nobody_is_enrolled_twice_when_what_was_there_before_is_forgotten(again: bool):
    begun = ("enrol", "look up again 0") if again else ("enrol",)
    kept = (
        {"look up again 0": Receipt("look up again 0", Verdict.ACCEPT, 200, [[["60", ["60", "5"]]], None])}
        if again
        else {}
    )
    outcome, asked = cut_off({IN: inside("60")}, begun=begun, mode="create", kept=kept)
    assert outcome is not None
    assert (outcome.status, outcome.failures[0].code) == (RowStatus.IN_DOUBT, "no_answer")
    assert ENROL not in [f"{request.method} {request.path}" for request in asked]
    outcome, asked = cut_off({IN: inside("60")}, begun=begun, mode="upsert", kept=kept)
    assert outcome == did("created")
    kept = {step: Receipt(step, Verdict.ACCEPT, 200, [[["3", ["3", "6"]]], None]) for step in kept}
    outcome, asked = cut_off({IN: inside(), ENROL: ENROLLED}, begun=begun, mode="create", kept=kept)
    assert outcome == did("created"), "who is not in it was not enrolled"


def test_what_the_api_refuses_fails_in_its_words():
    outcome, run = enrols(WISH, {IN: inside(), ENROL: REFUSED})
    assert job_result(outcome) == failed("http_403", "enrol")
    assert "Could not create SubscriberSeries" in outcome.failures[0].error
    assert run.places == [IN, ENROL]


def test_all_records_of_an_automation_are_removed_and_of_no_other():
    gone = Reply(403, {"message": "No Result found for SubscriberSeries with id 5"})  # as documented: §1.6
    replies = {IN: inside("4", "5"), "DELETE contactAutomations/4": DONE, "DELETE contactAutomations/5": gone}
    outcome, run = enrols(WISH, replies, mode="delete")
    assert outcome == did("deleted")
    assert run.places == [IN, "DELETE contactAutomations/4", "DELETE contactAutomations/5"]
    assert enrols(WISH, {IN: inside()}, mode="delete")[0] == did("unchanged")
    assert enrols(WISH, {IN: inside()}, mode="delete", begun=("remove 4",))[0] == did("deleted")


# ---- fed the same receipts a flow does the same

GOOD: Mapping[str, list[Reply]] = {
    "GET contacts": [KNOWN, NOBODY, Reply(200, {"contact": ADA})],
    "POST contactTags": [TAG, OLD_TAG],
    "GET contacts/contactTags": [links("contactTags"), links("contactTags", {"tag": "1", "id": "70"})],
    "POST contactLists": [LIST, OLD_LIST],
    "GET contacts/contactLists": [links("contactLists"), on("0"), on("1"), on("2"), on("3")],
    "POST fieldValues": [VALUE, OLD_VALUE],
    "GET contacts/fieldValues": [links("fieldValues"), links("fieldValues", {"field": "1", "id": "40"})],
    "GET accountContacts": [at(), at("11", title="Clerk"), at("12")],
    "POST accountContacts": [JOINED],
    "PUT accountContacts": [JOINED],
    "POST contactAutomations": [ENROLLED, REFUSED],
    "GET contacts/contactAutomations": [inside(), inside("4"), inside("4", "60")],
}
BAD = [LOST, Reply(500, {"message": "x"}), NO_CONTACT, Reply(422, {"errors": [{"title": "No", "code": "x"}]})]
CELLS = st.sampled_from([
    (name, {**whose, WAYS[name][0]: WAYS[name][2], **WAYS[name][4], **more})
    for name in WAYS
    for whose in ({"contact": "7"}, {"contact_email": "ada@example.com"})
    for more in ({}, {"contactLists": {"status": "1"}, "accountContacts": {"jobTitle": "Analyst"}}.get(name, {}))
])  # fmt: skip
STATES = st.sampled_from([
    None, None, state_of(), state_of(tags={"1": "70"}, lists={"1": "2"}, fields={"1": "Bath"}, accounts={"12": "912"}),
    state_of(lists={"1": "1"}, accounts={"11": "911"}, titles={"11": "Clerk"}, bounced=True),
])  # fmt: skip


def some_reply(request: Request, chance: random.Random) -> Reply | Lost:
    if chance.random() < 0.3:
        return chance.choice(BAD)
    if request.path == "contacts/7":
        return Reply(200, {"contact": ADA})
    words = [word for word in request.path.split("/") if not word.isdigit()]
    if request.path == "contacts":
        return chance.choice([KNOWN, NOBODY])
    if request.method == "GET" and request.path.split("/")[0] not in ("contacts", "accountContacts"):
        return Reply(404, {"message": "x"})  # a look whether it was deleted
    return DONE if request.method == "DELETE" else chance.choice(GOOD[f"{request.method} {'/'.join(words)}"])


@given(CELLS, STATES, st.booleans(), st.booleans(), st.sampled_from(["upsert", "create", "delete"]),
       st.integers(0, 2**32), st.integers(0, 8))  # fmt: skip
@settings(max_examples=tries(83, 1000), deadline=None, derandomize=True)
def test_a_flow_fed_its_receipts_stands_where_it_stopped(row, state, fresh, resubscribe, mode, seed, cut):
    name, cells = row
    mode = mode if mode in named(name).modes else "upsert"

    def flow() -> Flow:
        return Table(name).flow(cells, state, Known(state, fresh=fresh), mode=mode, resubscribe=resubscribe)

    def answer(request: Request) -> Receipt:  # of a step always the same, whenever it is asked
        return receipt_of(request, some_reply(request, random.Random(f"{seed} {request.step}")))

    outcome, asked, receipts = played(flow(), {}, answer)
    assert outcome is not None
    assert len({request.step for request in asked}) == len(asked) == len(receipts), "one name a step"
    assert played(flow(), written_down(receipts), answer)[:2] == (outcome, [])
    _none, before, some = played(flow(), {}, answer, at_most=cut)
    after_cut, after, _all = played(flow(), written_down(some), answer)
    assert after_cut == outcome
    assert [(r.step, r.method, r.path, json.dumps(r.body)) for r in (*before, *after)] == [
        (r.step, r.method, r.path, json.dumps(r.body)) for r in asked
    ]
    writes = [r for r in asked if r.method != "GET"]
    if outcome.status is RowStatus.UNCHANGED:
        assert not [r for r in writes if receipts[r.step].status == 201]
    if outcome.status is RowStatus.IN_DOUBT:
        assert any(receipts[r.step].verdict is Verdict.IN_DOUBT for r in writes)
    if outcome.status is RowStatus.SUCCEEDED:
        assert any(receipts[r.step].ok or not r.repeatable for r in writes)
    subscribed = [r for r in writes if r.path == "contactLists" and r.body["contactList"]["status"] in (0, 1)]
    if subscribed and not resubscribe and fresh and state is not None:
        assert state.lists.get("1") not in ("2", "3")
        assert not state.bounced


def test_an_enrolment_on_the_second_page_of_a_server_that_gives_twenty_is_found():
    """Enrolled once more, the person would be written to once more."""
    first = links("contactAutomations", *({"id": str(n), "automation": "9"} for n in range(100, 120)))
    outcome, run = enrols(WISH, {IN: [first, inside("60")]}, mode="upsert")
    assert outcome == did("unchanged")
    assert ENROL not in run.places
