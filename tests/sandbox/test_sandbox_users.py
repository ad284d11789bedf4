"""What ACTIVECAMPAIGN-API.md says of users: §7.5, §8."""

from __future__ import annotations

import pytest
from sandbox_desk import NOW, Desk, Exactly, Line, sandbox_at

ME = {"username": "sandbox", "firstName": "Sandbox", "lastName": "User", "email": "sandbox@example.com", "id": "1"}
KAI = {"username": "kai", "email": "kai@example.com", "firstName": "Kai", "lastName": "Berg", "password": "secret"}
NOBODY = Exactly({"message": "No Result found for User with id 99"})


def user(**values: object) -> dict[str, object]:
    return {"user": values}


def taken(attribute: str) -> dict[str, object]:
    return {"errors": [{"code": "duplicate", "source": {"pointer": f"/data/attributes/{attribute}"}}]}


USERS = (
    Line("§7.5 list", "GET users", None, 200,
         {"users": [{**ME}, {"id": "2", "username": "mira"}, {"id": "3", "lastName": "Support"}],
          "meta": {"total": "3"}}),
    Line("§1.4 pages", "GET users?limit=1&offset=1", None, 200, {"users": [{"id": "2"}], "meta": {"total": "3"}}),
    Line("§7.5 one", "GET users/2", None, 200, {"user": {"id": "2", "email": "mira@example.com"}}),
    Line("§7.5 me", "GET users/me", None, 200, {"user": ME}),
    Line("§7.5 by e-mail", "GET users/email/mira@example.com", None, 200, {"user": {"id": "2"}}),
    Line("§7.5 by e-mail, escaped", "GET users/email/mira%40example.com", None, 200, {"user": {"id": "2"}}),
    Line("§7.5 by e-mail, case aside", "GET users/email/MIRA@Example.com", None, 200, {"user": {"id": "2"}}),
    Line("§7.5 by username", "GET users/username/sandbox", None, 200, {"user": {"id": "1"}}),
    Line("§7.5 by a username of digits", "GET users/username/2", None, 200, {"user": {"id": "4"}},
         after=(("POST users", user(**KAI | {"username": "2"})),)),
    *(Line("§1.6 nobody by that name", f"GET users/{by}", None, 404, {"message": str})
      for by in ("email/none@example.com", "username/none", "email/", "username/", "nowhere/mira")),
    Line("§7.5 create", "POST users", user(**KAI), 201,
         {"user": {"username": "kai", "email": "kai@example.com", "firstName": "Kai", "lastName": "Berg",
                   "localZoneid": str, "cdate": NOW, "udate": NOW, "links": dict, "id": "4"}},
         ("user.password", "user.phone")),
    Line("§1.1 unknown attributes", "POST users", user(**KAI, shoe=40), 201, None, ("user.shoe",)),
    Line("§7.5 created", "GET users/4", None, 200, {"user": {"username": "kai", "phone": "", "signature": None}},
         ("user.password",), after=(("POST users", user(**KAI)),)),
    *(Line("§8 unique", "POST users", user(**KAI | {name: value}), 422, taken(name))
      for name, value in (("username", "mira"), ("username", "MIRA"), ("email", "Mira@Example.com"))),
    *(Line("§8 needed", "POST users", user(**{key: value for key, value in KAI.items() if key != name}), 422,
           {"errors": [{"code": "field_missing", "source": {"pointer": f"/data/attributes/{name}"}}]})
      for name in ("username", "email")),
    Line("§7.5 change", "PUT users/2", user(firstName="Mia", username="mia", email="mia@example.com"), 200,
         {"user": {"id": "2", "firstName": "Mia", "lastName": "Sales", "username": "mia", "email": "mia@example.com"}}),
    Line("§7.5 changed", "GET users/username/mia", None, 200, {"user": {"id": "2"}},
         after=(("PUT users/2", user(username="mia")),)),
    Line("§1.2 sent type", "PUT users/2", user(phone=5), 200, {"user": {"phone": 5}}),
    Line("§1.2 then strings", "GET users/2", None, 200, {"user": {"phone": "5"}},
         after=(("PUT users/2", user(phone=5)),)),
    Line("§8 unique", "PUT users/2", user(email="tomas@example.com"), 422, taken("email")),
    Line("§8 one's own", "PUT users/2", user(username="Mira"), 200, {"user": {"username": "Mira"}}),
    Line("§1.1 delete", "DELETE users/2", None, 200, Exactly({})),
    Line("§1.1 deleted", "GET users/2", None, 404, Exactly({"message": "No Result found for User with id 2"}),
         after=(("DELETE users/2", None),)),
    Line("the user whose key it is stays", "DELETE users/1", None, 403),
    *(Line("§1.6 missing", f"{method} users/99", body, 404, NOBODY)
      for method, body in (("GET", None), ("PUT", user(firstName="A")), ("DELETE", None))),
    Line("§8 no PATCH", "PATCH users/2", user(firstName="A"), 404),
)  # fmt: skip


@pytest.mark.parametrize("line", USERS, ids=str)
def test_statement(hold, line: Line) -> None:
    hold(line)


KEYS = """username firstName lastName email phone signature localZoneid password_updated_utc_timestamp cdate udate
    mfaEnabled links id"""


def test_the_keys_of_a_user_are_those_of_the_recordings_in_their_order(desk: Desk) -> None:
    assert [list(user) for user in desk.ask("GET users").json()["users"]] == [KEYS.split()] * 3


def test_an_empty_account_has_the_user_whose_key_it_is() -> None:
    with sandbox_at(demo=False) as sandbox:
        (user,) = Desk(sandbox).ask("GET users").json()["users"]
        assert {name: user[name] for name in ME} == ME


def test_a_password_is_written_nowhere(tmp_path) -> None:
    with sandbox_at(tmp_path / "s.sqlite") as sandbox:
        assert Desk(sandbox).ask("POST users", user(**KAI)).status_code == 201
    assert not [path for path in tmp_path.iterdir() if b"secret" in path.read_bytes()]
