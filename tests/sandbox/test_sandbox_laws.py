"""Laws that hold whatever is asked: addresses are unique, nothing dangles, totals are counts, ids are never reused."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from sandbox_desk import Desk, small_account

from bulk.resources import RESOURCES
from tests.scale import tries

emails = st.sampled_from([f"{name}@example.com" for name in ("ada", "Ada", "ADA", "zoë", "ZOË", "bo", "Bo")])
ids = st.integers(1, 5)
names = st.sampled_from(["VIP", "vip", "Trial", "Größe", "GRÖSSE"])
DANGLING = (
    ("contactTags", "contact", "contacts"), ("contactTags", "tag", "tags"), ("contactLists", "contact", "contacts"),
    ("contactLists", "list", "lists"), ("fieldValues", "contact", "contacts"), ("fieldValues", "field", "fields"),
    ("fieldOptions", "field", "fields"), ("fieldRels", "field", "fields"),
    ("accountContacts", "contact", "contacts"), ("accountContacts", "account", "accounts"),
    ("contactAutomations", "contact", "contacts"), ("contactAutomations", "automation", "automations"),
    ("accountCustomFieldData", "account", "accounts"), ("accounts", "owner", "users"),
    ("accountCustomFieldData", "customFieldId", "accountCustomFieldMeta"),
    ("dealStages", "dealGroup", "dealGroups"), ("deals", "contact", "contacts"), ("deals", "account", "accounts"),
    ("deals", "stage", "dealStages"), ("deals", "owner", "users"), ("contactDeals", "contact", "contacts"),
    ("contactDeals", "deal", "deals"), ("dealCustomFieldData", "deal", "deals"),
    ("dealCustomFieldData", "customFieldId", "dealCustomFieldMeta"),
)  # fmt: skip
COUNTED = (*(resource.name for resource in RESOURCES if not resource.name.endswith("CustomFieldMeta")), "contactDeals",
           "dealCustomFieldData")  # fmt: skip
DELETED = (*(resource.name for resource in RESOURCES if "delete" in resource.modes), "users", "contactDeals",
           "dealCustomFieldData", "fieldOptions", "fieldRels")  # fmt: skip


class AnyCalls(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.desk = Desk(self.stack.enter_context(small_account()))
        self.given_ids = {1, 2}

    def teardown(self) -> None:
        self.stack.close()

    def ask(self, request: str, body: object = None) -> None:
        response = self.desk.ask(request, body)
        assert response.status_code in (200, 201, 403, 404, 422), (request, body, response.text)
        if response.status_code == 201 and request in ("POST contacts", "POST contact/sync"):
            identity = int(response.json()["contact"]["id"])
            assert identity not in self.given_ids
            self.given_ids.add(identity)

    @rule(email=emails, value=st.sampled_from(["", "London"]), field=ids, sync=st.booleans())
    def send_contact(self, email, value, field, sync) -> None:
        contact = {"email": email, "firstName": value, "fieldValues": [{"field": field, "value": value}]}
        self.ask("POST contact/sync" if sync else "POST contacts", {"contact": contact})

    @rule(contact=ids, email=emails)
    def change_address(self, contact, email) -> None:
        self.ask(f"PUT contacts/{contact}", {"contact": {"email": email}})

    @rule(name=names, kind=st.sampled_from(["contact", "template"]))
    def add_tag(self, name, kind) -> None:
        self.ask("POST tags", {"tag": {"tag": name, "tagType": kind}})

    @rule(tag=ids, name=names)
    def rename_tag(self, tag, name) -> None:
        self.ask(f"PUT tags/{tag}", {"tag": {"tag": name}})

    @rule(name=names, account=ids)
    def add_or_rename_account(self, name, account) -> None:
        self.ask("POST accounts", {"account": {"name": name}})
        self.ask(f"PUT accounts/{account}", {"account": {"name": name}})

    @rule(title=names, field=ids)
    def add_or_rename_field(self, title, field) -> None:
        self.ask("POST fields", {"field": {"title": title, "type": "text"}})
        self.ask(f"PUT fields/{field}", {"field": {"title": title}})

    @rule(contact=ids, other=ids, status=st.integers(0, 4))
    def link(self, contact, other, status) -> None:
        self.ask("POST contactTags", {"contactTag": {"contact": contact, "tag": other}})
        self.ask("POST contactLists", {"contactList": {"contact": contact, "list": other, "status": status}})
        self.ask("POST accountContacts", {"accountContact": {"contact": contact, "account": other}})
        self.ask("POST fieldValues", {"fieldValue": {"contact": contact, "field": other, "value": "x"}})
        self.ask("POST contactAutomations", {"contactAutomation": {"contact": contact, "automation": other}})

    @rule(account=ids, owner=ids, field=ids)
    def give_account(self, account, owner, field) -> None:
        fields = [{"customFieldId": field, "fieldValue": ""}]
        self.ask(f"PUT accounts/{account}", {"account": {"owner": owner, "fields": fields}})

    @rule(contact=ids, account=ids, stage=ids, group=ids, value=st.integers(0, 500))
    def make_deal(self, contact, account, stage, group, value) -> None:
        deal = {"title": "Big", "value": value, "currency": "usd" if value % 2 else "eur", "contact": contact}
        self.ask("POST deals", {"deal": {**deal, "account": account, "stage": stage}})
        self.ask("POST deals", {"deal": {**deal, "group": group}})
        self.ask("POST dealGroups", {"dealGroup": {"title": "More", "currency": "eur", "autoassign": 1}})

    @rule(deal=ids, other=ids, name=st.sampled_from(["contact", "account", "group", "stage", "owner"]))
    def change_deal(self, deal, other, name) -> None:
        self.ask(f"PUT deals/{deal}", {"deal": {name: other, "fields": [{"customFieldId": 1, "fieldValue": "x"}]}})
        self.ask(f"PUT deals/{deal}", {"deal": {"value": other, "currency": "usd" if deal % 2 else "eur"}})
        self.ask("POST contactDeals", {"contactDeal": {"contact": other, "deal": deal}})
        self.ask(f"PUT dealStages/{other}", {"dealStage": {"group": deal}})

    @rule(of=ids, reltype=st.sampled_from(["Subscriber", "Deal", "CustomerAccount"]))
    def write_note(self, of, reltype) -> None:
        self.ask("POST notes", {"note": {"note": "x", "reltype": reltype, "relid": of}})

    @rule(contact=ids)
    def delete_contact(self, contact) -> None:
        self.ask(f"DELETE contacts/{contact}")

    @rule(plural=st.sampled_from(DELETED), identity=ids)
    def delete(self, plural, identity) -> None:
        self.ask(f"DELETE {plural}/{identity}")

    @invariant()
    def keys_are_unique(self) -> None:
        store = self.desk.sandbox.store
        for column, table in (("email", "contacts"), ("name", "accounts"), ("title", "fields")):
            values = [row[0].casefold() for row in store.rows(f"SELECT {column} FROM {table}")]
            assert len(values) == len(set(values))
        tags = [(kind, name.casefold()) for kind, name in store.rows("SELECT tagType, tag FROM tags")]
        assert len(tags) == len(set(tags))

    @invariant()
    def nothing_dangles(self) -> None:
        for table, column, other in DANGLING:
            sql = f"SELECT count(*) FROM {table} WHERE {column} > 0 AND {column} NOT IN (SELECT id FROM {other})"
            assert self.desk.sandbox.store.count(sql) == 0
        for reltype, other in (("Subscriber", "contacts"), ("Deal", "deals"), ("CustomerAccount", "accounts")):
            sql = f"SELECT count(*) FROM notes WHERE reltype = ? AND relid NOT IN (SELECT id FROM {other})"
            assert self.desk.sandbox.store.count(sql, (reltype,)) == 0

    @invariant()
    def a_deal_is_in_a_stage_of_its_pipeline(self) -> None:
        sql = "SELECT count(*) FROM deals d JOIN dealStages s ON s.id = d.stage WHERE s.dealGroup <> d.dealGroup"
        assert self.desk.sandbox.store.count(sql) == 0

    @invariant()
    def sums_of_deals_add_up(self) -> None:
        meta = self.desk.ask("GET deals").json()["meta"]
        by_currency = meta["currencies"].values() if meta["currencies"] else []
        assert sum(int(currency["total"]) for currency in by_currency) == meta["total"]
        sql = "SELECT upper(currency), sum(value), count(*) FROM deals GROUP BY 1 ORDER BY 1"
        sums = [(one["currency"], int(one["value"]), int(one["total"])) for one in by_currency]
        assert sums == self.desk.sandbox.store.rows(sql)

    @invariant()
    def totals_are_counts(self) -> None:
        responses = self.desk.ask_all(*(f"GET {plural}?limit=100" for plural in COUNTED))
        for plural, response in zip(COUNTED, responses, strict=True):
            body = response.json()
            assert len(body[plural]) == min(int(body["meta"]["total"]), 100)

    @invariant()
    def side_loaded_arrays_and_ids_agree(self) -> None:
        related = ("contactTags", "contactLists", "fieldValues", "contactDeals")
        body = self.desk.ask(f"GET contacts?limit=100&include={','.join(related)}").json()
        for relation in related:
            inside = [(contact["id"], one) for contact in body["contacts"] for one in contact[relation]]
            assert sorted(inside) == sorted((record["contact"], record["id"]) for record in body[relation])


AnyCalls.TestCase.settings = settings(
    max_examples=tries(3, 500), stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
TestAnyCalls = AnyCalls.TestCase


# ---- what is echoed is what is read later, but for the types

words = st.one_of(st.text(max_size=20), st.integers(0, 10**6), st.none())
some = st.text(min_size=1, max_size=20).filter(str.strip)
ECHOED = {
    "contacts": ("contact", {"email": st.just("new@example.com")},
                 {"firstName": words, "lastName": words, "phone": words}),
    "contact/sync": ("contact", {"email": st.just("new@example.com")},
                     {"firstName": words, "lastName": words, "phone": words}),
    "tags": ("tag", {"tag": some.filter(lambda name: name.casefold() not in ("vip", "trial")),
                     "tagType": st.sampled_from(["contact", "template"])}, {"description": words}),
    "lists": ("list", dict.fromkeys(("name", "stringid", "sender_url", "sender_reminder"), some),
              {"description": words, "carboncopy": words, "subscription_notify": words,
               "unsubscription_notify": words, "send_last_broadcast": st.integers(0, 1)}),
    "fields": ("field", {"title": some.map(lambda title: f"new {title}"), "type": st.sampled_from(["text", "date"])},
               {"descript": words, "defval": words, "visible": st.integers(0, 1), "isrequired": st.integers(0, 1),
                "rows": st.integers(0, 9)}),
    "accounts": ("account", {"name": some.map(lambda name: f"new {name}")},
                 {"accountUrl": words, "owner": st.sampled_from([1, "2", 3])}),
    "users": ("user", {"username": some.map(lambda name: f"new {name}"), "email": st.just("new@example.com")},
              {"firstName": words, "lastName": words}),
    "groups": ("group", {"title": some}, {"descript": words}),
    "dealGroups": ("dealGroup", {"title": some, "currency": st.just("eur")},
                   {"autoassign": st.sampled_from([0, "1", 2]), "allusers": st.integers(0, 1)}),
    "dealStages": ("dealStage", {"title": some, "group": st.sampled_from([1, "1"])},
                   {"order": st.integers(0, 9), "width": st.sampled_from([280, "300"]), "color": words}),
    "webhooks": ("webhook", {"name": some, "url": some, "events": st.just(["sent"]), "sources": st.just(["api"])},
                 {"listid": st.sampled_from([0, "0", 2, "3"])}),
    "contactAutomations": ("contactAutomation", {"contact": st.sampled_from([2, "2"]),
                                                 "automation": st.sampled_from([1, "2", "3"])}, {}),
    "contactTags": ("contactTag", {"contact": st.sampled_from([2, "2"]), "tag": st.sampled_from([1, "1"])}, {}),
    "contactLists": ("contactList", {"contact": st.sampled_from([2, "2"]), "list": st.sampled_from([3, "3"]),
                                     "status": st.sampled_from([0, 1, 2, 3, "1"])}, {"sourceid": st.just(4)}),
    "fieldValues": ("fieldValue", {"contact": st.sampled_from([2, "2"]), "field": st.sampled_from([7, "7"]),
                                   "value": words}, {}),
    "accountContacts": ("accountContact", {"contact": st.sampled_from([2, "2"]), "account": st.just(2)},
                        {"jobTitle": words}),
    "fieldRels": ("fieldRel", {"field": st.just("7"), "relid": st.integers(0, 3)}, {}),
}  # fmt: skip


def as_text(value: Any) -> Any:
    """What of a value is left when its type is disregarded; null and nothing are the same."""
    return "" if value is None else str(value) if isinstance(value, int) else value


@settings(max_examples=tries(12, 300), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data(), st.sampled_from(sorted(ECHOED)))
def test_an_echo_is_what_is_read_later_but_for_its_types(data, path) -> None:
    singular, required, optional = ECHOED[path]
    sent = data.draw(st.fixed_dictionaries(required, optional=optional))
    with small_account() as sandbox:
        desk = Desk(sandbox)
        response = desk.ask(f"POST {path}", {singular: sent})
        assert response.status_code in (200, 201), response.text
        echo = response.json()[singular]
        assert {name: echo[name] for name in sent} == sent
        plural = "contacts" if path == "contact/sync" else path
        later = desk.ask(f"GET {plural}/{echo['id']}").json()[singular]
        same = [name for name in echo if name in later]
        assert {name: as_text(echo[name]) for name in same} == {name: as_text(later[name]) for name in same}
        assert isinstance(later["id"], str)
        assert not [name for name in sent if isinstance(later[name], int)]
