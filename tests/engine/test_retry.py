"""What replies mean: every line of the table, every error body that was recorded, the bounds of a back-off."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bulk.engine.retry import ATTEMPTS, LONGEST_BACK_OFF, RULES, back_off, explain, judge
from bulk.model import Lost, Reply, Request, Verdict
from tests.scale import tries

SPEAKS = {"errors": [{"title": "No", "detail": "", "code": "field_invalid"}]}
ABOUT_A_RECORD = {"message": "No Result found for _List with id 3"}
NOT_ALLOWED = {"errors": [{"status": 403, "title": "Forbidden", "detail": "You do not have permission to view lists."}]}
ACCEPT, REJECT, RETRY, PAUSE, ABORT, DOUBT = (
    Verdict.ACCEPT, Verdict.REJECT, Verdict.RETRY, Verdict.PAUSE, Verdict.ABORT, Verdict.IN_DOUBT
)  # fmt: skip

# status, body or damage, the rule that speaks, and its verdict for what may be repeated and for what may not
TABLE = [
    (429, None, "429: over the limit", PAUSE, PAUSE),
    (429, "not JSON", "429: over the limit", PAUSE, PAUSE),
    (
        400,
        {"success": 0, "message": "Rate limit exceeded.", "failureReasons": ["Up to 100 imports"]},
        "400: over a quota of its own",
        PAUSE,
        PAUSE,
    ),
    (400, {"message": "Rate Limit exceeded"}, "400: over a quota of its own", PAUSE, PAUSE),
    (503, {"message": "overloaded"}, "503: overloaded", PAUSE, DOUBT),
    (503, "empty", "503: overloaded", PAUSE, DOUBT),
    (200, SPEAKS, "200 that names errors", RETRY, DOUBT),
    (201, {"contact": {}} | SPEAKS, "200 that names errors", RETRY, DOUBT),
    (200, {"contact": {}, "failureReasons": ["x"]}, "200 that names errors", RETRY, DOUBT),
    (200, {"succeeded": 0, "message": "Not deleted."}, "200 that names errors", RETRY, DOUBT),
    (200, {"success": False}, "200 that names errors", RETRY, DOUBT),
    (200, {"Success": 0, "batchId": "u"}, "200 that names errors", RETRY, DOUBT),
    (200, {"success": 5, "queued_contacts": 2, "batchId": "u"}, "200 with a sound body", ACCEPT, ACCEPT),
    (200, {"succeeded": 1, "message": "Campaign deleted."}, "200 with a sound body", ACCEPT, ACCEPT),
    (200, {"contact": {}, "errors": []}, "200 with a sound body", ACCEPT, ACCEPT),
    (200, {"contact": {}}, "200 with a sound body", ACCEPT, ACCEPT),
    (201, {"contact": {}}, "200 with a sound body", ACCEPT, ACCEPT),
    (200, {}, "200 with a sound body", ACCEPT, ACCEPT),
    (200, "empty", "200, empty, cut off or HTML", RETRY, DOUBT),
    (201, "cut off", "200, empty, cut off or HTML", RETRY, DOUBT),
    (200, "not JSON", "200, empty, cut off or HTML", RETRY, DOUBT),
    *(
        (status, "not JSON", "4xx that is a page, cut off, or nothing", RETRY, DOUBT)
        for status in (400, 401, 403, 404, 405, 422)
    ),
    (403, "empty", "4xx that is a page, cut off, or nothing", RETRY, DOUBT),
    (404, "empty", "4xx that is a page, cut off, or nothing", RETRY, DOUBT),
    (401, "cut off", "4xx that is a page, cut off, or nothing", RETRY, DOUBT),
    (401, {"message": "Unauthorized"}, "401: key refused", ABORT, ABORT),
    (401, "empty", "401: key refused", ABORT, ABORT),
    (403, ABOUT_A_RECORD, "403 about one record", REJECT, REJECT),
    (403, {"message": "Could not create SubscriberSeries"}, "403 about one record", REJECT, REJECT),
    (403, {"message": "Forbidden"}, "403: access refused", ABORT, ABORT),
    (403, NOT_ALLOWED, "403: access refused", ABORT, ABORT),
    (403, {"message": None}, "403: access refused", ABORT, ABORT),
    (400, SPEAKS, "400 of the API", REJECT, REJECT),
    (400, {"errors": ["Field name is required"]}, "400 of the API", REJECT, REJECT),
    (400, {"failureReasons": ["x"]}, "400 of the API", REJECT, REJECT),
    (400, {"success": 0}, "400 of the API", REJECT, REJECT),
    (400, {"error": "no such connection"}, "400 of the gateway", ABORT, ABORT),
    (400, ["errors"], "400 of the gateway", ABORT, ABORT),
    (400, "empty", "400 of the gateway", ABORT, ABORT),
    (408, "empty", "408, 425: not taken in time", RETRY, DOUBT),
    (425, "empty", "408, 425: not taken in time", RETRY, DOUBT),
    (404, {"message": "No Result found for Subscriber with id 1"}, "404, 422 and other 4xx", REJECT, REJECT),
    (405, "empty", "404, 422 and other 4xx", REJECT, REJECT),
    (422, SPEAKS, "404, 422 and other 4xx", REJECT, REJECT),
    (500, {"message": "x"}, "5xx", RETRY, DOUBT),
    (502, "not JSON", "5xx", RETRY, DOUBT),
    (504, "empty", "5xx", RETRY, DOUBT),
    (520, "not JSON", "5xx", RETRY, DOUBT),
    (301, "empty", "a redirect or anything else", ABORT, ABORT),
    (302, {"contact": {}}, "a redirect or anything else", ABORT, ABORT),
    (100, None, "a redirect or anything else", ABORT, ABORT),
]


def reply_of(status, body):
    return Reply(status, None, body) if isinstance(body, str) else Reply(status, body)


@pytest.mark.parametrize(("status", "body", "about", "repeatable", "once"), TABLE)
def test_the_table_line_by_line(status, body, about, repeatable, once):
    reply = reply_of(status, body)
    assert next(rule for rule in RULES if rule.applies(reply)).about == about
    assert judge(Request("s", "POST", "contact/sync"), reply) is repeatable
    assert judge(Request("s", "POST", "contacts", repeatable=False), reply) is once


def test_every_line_of_the_table_is_walked():
    assert [rule.about for rule in RULES] == list(dict.fromkeys(row[2] for row in TABLE))


@given(st.integers(100, 599), st.sampled_from(["empty", "cut off", "not JSON", {}, [], None, SPEAKS, ABOUT_A_RECORD]))
@settings(max_examples=tries(70, 400), deadline=None, derandomize=True)
def test_what_may_not_be_repeated_is_never_repeated_on_an_answer(status, body):
    verdict = judge(Request("s", "POST", "contacts", repeatable=False), reply_of(status, body))
    assert verdict is not RETRY
    assert (verdict is PAUSE) == (status == 429), "only a 429 says that it was not looked at"
    assert (verdict is ACCEPT) <= (200 <= status < 300 and body is not SPEAKS)


@pytest.mark.parametrize(
    ("sent", "repeatable", "verdict"),
    [(True, True, RETRY), (True, False, DOUBT), (False, True, RETRY), (False, False, RETRY)],
)
def test_silence_is_repeated_only_if_it_may_be(sent, repeatable, verdict):
    assert judge(Request("s", "POST", "contacts", repeatable=repeatable), Lost("gone", sent=sent)) is verdict


def test_a_success_without_what_was_asked_for_is_damage():
    for body in ({}, {"errors": []}, {"contacts": []}, [], "x", None):
        ask = Request("s", "POST", "contact/sync", expects="contact")
        assert judge(ask, Reply(200, body)) is RETRY
        assert judge(Request("s", "POST", "contacts", expects="contact", repeatable=False), Reply(200, body)) is DOUBT


def test_a_delete_is_done_when_the_api_says_so_of_this_record():
    delete = Request("s", "DELETE", "contactTags/9", absent_is_done=True)
    assert judge(delete, Reply(200, {})) is ACCEPT
    assert judge(delete, Reply(404, {"message": "No Result found for SubscriberTag with id 9"})) is ACCEPT
    assert judge(delete, Reply(403, {"message": "No result found for SubscriberTag with id 9"})) is ACCEPT
    assert judge(delete, Reply(403, {"message": "Could not delete"})) is REJECT
    gone = Reply(404, {"message": "No Result found for SubscriberTag with id 9"})
    assert judge(Request("s", "DELETE", "contactTags/9"), gone) is REJECT
    contact = Request("s", "DELETE", "contacts/9", absent_is_done=True)
    for said in ("No Result found for Subscriber with id 9", "No result found for contact with id 9"):
        assert judge(contact, Reply(404, {"message": said})) is ACCEPT
    field = Request("s", "DELETE", "dealCustomFieldMeta/9", absent_is_done=True)
    assert judge(field, Reply(404, {"errors": [{"status": 404, "title": "Not Found"}]})) is ACCEPT
    assert judge(field, Reply(200, {"message": "DealCustomFieldMeta deleted."})) is ACCEPT
    assert judge(Request("s", "DELETE", "fieldOptions/9"), Reply(200, None, "empty")) is ACCEPT


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, {"message": "No Result found for SubscriberTag with id 8"}),
        (404, {"message": "No Result found for Subscriber with id 9"}),
        (404, {"message": "no Route matched with those values"}),
        (404, {"error": "not found"}),
        (404, {"errors": [{"status": 404, "title": "Not Found"}]}),
        (404, []),
        (404, "empty"),
        (404, "not JSON"),
        (200, "empty"),
        (200, "cut off"),
        (200, SPEAKS),
        (200, {"status": "ok"}),
        (200, {"succeeded": 0}),
        (200, []),
    ],
)
def test_nothing_else_says_that_a_record_is_gone(status, body):
    delete = Request("s", "DELETE", "contactTags/9", absent_is_done=True)
    assert judge(delete, reply_of(status, body)) is RETRY


@given(st.integers(1, 40), st.floats(0, 1, exclude_max=True))
@settings(max_examples=tries(70, 400), deadline=None, derandomize=True)
def test_a_back_off_doubles_up_to_its_bound_and_is_spread_by_half(attempts, chance):
    exact = min(LONGEST_BACK_OFF, 2.0 ** (attempts - 1))
    assert 0.5 * exact <= back_off(attempts, chance) <= 1.5 * exact


def test_the_attempts_of_a_step_outlast_half_a_minute():
    assert sum(back_off(n, 0.5) for n in range(1, ATTEMPTS)) == 31
    steps = [back_off(n, 0.5) for n in range(1, 12)]
    assert all(a <= b for a, b in itertools.pairwise(steps))


MODELS = ("Subscriber", "Tag", "SubscriberTag", "_List", "CustomerAccount", "CustomerAccountSubscriber", "contact")


def title(text, code, pointer="", **more):
    error = {"title": text, "detail": "", "code": code, **more}
    return {"errors": [error | ({"source": {"pointer": f"/data/attributes/{pointer}"}} if pointer else {})]}


# every shape of ACTIVECAMPAIGN-API §1.6, and what a person is told
SAID = [
    *((404, {"message": f"No Result found for {m} with id 123"}, "http_404",
       f"No Result found for {m} with id 123 (HTTP 404)") for m in MODELS),
    (404, {"errors": [{"status": 404, "title": "Not Found"}]}, "http_404", "Not Found (HTTP 404)"),
    (404, {"errors": [{"status": 404, "title": "Not Found", "detail": "Contact not found"}]}, "http_404",
     "Not Found Contact not found (HTTP 404)"),
    (422, title("Email address already exists in the system", "duplicate", "email"), "duplicate",
     "Email address already exists in the system [email] (HTTP 422)"),
    (422, title("Email address already exists in the system.", "duplicate", "email"), "duplicate",
     "Email address already exists in the system. [email] (HTTP 422)"),
    (422, title("Contact Email Address is not valid.", "email_invalid", "email", error="must_be_valid_email_address"),
     "email_invalid", "Contact Email Address is not valid. [email] (HTTP 422)"),
    (400, {"errors": [{"status": 400, "title": "Bad Request", "detail": "Contact email must be provided for sync"}]},
     "http_400", "Bad Request Contact email must be provided for sync (HTTP 400)"),
    (422, {"errors": [{"status": 422, "title": "Missing attribute",
                       "source": {"pointer": "/data/attributes/contact"}}]},
     "http_422", "Missing attribute [contact] (HTTP 422)"),
    (422, title("No tag id provided", "field_invalid", "tag"), "field_invalid",
     "No tag id provided [tag] (HTTP 422)"),
    (422, title("The value you selected is not a valid choice.", "field_invalid", "status"), "field_invalid",
     "The value you selected is not a valid choice. [status] (HTTP 422)"),
    (422, title("Field id not valid", "related_missing"), "related_missing", "Field id not valid (HTTP 422)"),
    (422, title("The account name was not provided.", "field_missing", "name"), "field_missing",
     "The account name was not provided. [name] (HTTP 422)"),
    (422, title('An account named "X" already exists. Please choose a new name.', "duplicate", "name"), "duplicate",
     'An account named "X" already exists. Please choose a new name. [name] (HTTP 422)'),
    (422, title("", "field_invalid", "account,contact"), "field_invalid", "account,contact (HTTP 422)"),
    (422, {"errors": [{"title": "There is already a field with this title", "detail": 'A field "A" is there.',
                       "code": "duplicate"}]},
     "duplicate", 'There is already a field with this title A field "A" is there. (HTTP 422)'),
    (422, {"errors": "Bulk operation failed. Request must contain an array of fieldOption objects."}, "http_422",
     "Bulk operation failed. Request must contain an array of fieldOption objects. (HTTP 422)"),
    (422, {"errors": [{"detail": "The custom field value `abc` could not be saved to the field of type `date`."}]},
     "http_422", "The custom field value `abc` could not be saved to the field of type `date`. (HTTP 422)"),
    (422, {"errors": [{"title": "x", "code": 422}]}, "http_422", "x (HTTP 422)"),
    (403, NOT_ALLOWED, "http_403", "Forbidden You do not have permission to view lists. (HTTP 403)"),
    (403, {"message": "Could not create SubscriberSeries"}, "http_403",
     "Could not create SubscriberSeries (HTTP 403)"),
    (500, {"message": "Could not process request", "error": "Duplicate entry 'contact-TEST' for key 'typetag'"},
     "http_500", "Could not process request; Duplicate entry 'contact-TEST' for key 'typetag' (HTTP 500)"),
    (400, {"errors": ["Field name is required", "Field type is required"]}, "http_400",
     "Field name is required; Field type is required (HTTP 400)"),
    (400, {"failureReasons": ["Too many contacts"]}, "http_400", "Too many contacts (HTTP 400)"),
    (400, {"success": 0, "message": "No.", "failureReasons": [
        {"contact": n, "failureReason": "Field 'email' incorrect format"} for n in (2, 3, 5, 7, 11)]}, "http_400",
     "; ".join(f"Field 'email' incorrect format [contact {n}]" for n in (2, 3, 5)) + "; and 2 more; No. (HTTP 400)"),
    (422, {"errors": [{"title": None, "detail": None, "source": {"pointer": None}}]}, "http_422", "HTTP 422"),
    (422, {"errors": []}, "http_422", "HTTP 422"),
    (422, [1], "http_422", "HTTP 422"),
    (500, None, "http_500", "HTTP 500"),
    (200, {"success": 0, "message": "Contact not imported"}, "damaged_answer",
     "The answer was of an unknown shape. Contact not imported"),
    (200, {}, "damaged_answer", "The answer was of an unknown shape."),
]  # fmt: skip


@pytest.mark.parametrize(("status", "body", "code", "said"), SAID)
def test_every_recorded_error_is_told_in_the_api_s_own_words(status, body, code, said):
    assert explain(Reply(status, body)) == (code, said)


def test_a_page_is_named_for_what_it_is_and_never_quoted_whole():
    page = "A page of a proxy in front of ActiveCampaign, not the API's answer"
    told = {
        "<h1>Bad gateway</h1> ": f"{page} (HTTP 502)",
        "<html><head><TITLE>502 Bad Gateway</TITLE></head>": f"{page}: '502 Bad Gateway' (HTTP 502)",
        "error code: 1020\x1b[2J": f"{page}: 'error code: 1020[2J' (HTTP 502)",
    }
    for text, said in told.items():
        assert explain(Reply(502, None, "not JSON", text=text)) == ("http_502", said)
    assert explain(Reply(200, None, "not JSON", text="<p>"))[0] == "damaged_answer"
    assert len(explain(Reply(502, None, "not JSON", text="x" * 999))[1]) < 250
    assert explain(Reply(500, None, "empty")) == ("http_500", "empty (HTTP 500)")
    assert explain(Reply(200, None, "cut off", text='{"contact":')) == ("damaged_answer", "The answer was cut off.")
    assert explain(Lost("no connection: refused", sent=False)) == ("no_answer", "no connection: refused")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["errors", "message", "error", "title", "detail", "code", "source", "pointer",
                                       "failureReasons"]), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(st.integers(100, 599), JSON)
@settings(max_examples=tries(100, 600), deadline=None, derandomize=True)
def test_no_body_is_too_strange_to_be_judged_and_told(status, body):
    reply = Reply(status, body)
    assert judge(Request("s", "GET", "contacts", expects="contacts"), reply) in Verdict
    code, said = explain(reply)
    assert code
    assert said
