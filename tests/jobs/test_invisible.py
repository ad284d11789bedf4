"""What nobody sees: in an address or a phone it rejects the row, in a name it does not count and is said."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bulk.jobs import import_
from bulk.jobs.options import ImportOptions
from bulk.resources import named
from bulk.runtime.progress import Silent
from tests.virtual import run
from tests.world import World, check_reports

UNSEEN = {
    "\ufeff": "U+FEFF ZERO WIDTH NO-BREAK SPACE", "\u200b": "U+200B ZERO WIDTH SPACE",
    "\u200e": "U+200E LEFT-TO-RIGHT MARK", "\u202a": "U+202A LEFT-TO-RIGHT EMBEDDING",
    "\u2060": "U+2060 WORD JOINER", "\u00ad": "U+00AD SOFT HYPHEN",
}  # fmt: skip


@pytest.mark.parametrize(
    "place", ["{0}ana@example.com", "an{0}a@example.com", "ana@exam{0}ple.com", "ana@example.com{0}"]
)
def test_an_address_with_something_invisible_is_rejected_and_the_character_named(world: World, place: str):
    rows = [(place.format(char), "x") for char in UNSEEN] + [("ana@example.com", "plain")]
    world.start(world.csv(rows, "email,firstName"))
    lines = check_reports(world.job.path, "email,firstName")
    for number, called in enumerate(UNSEEN.values(), 2):
        assert lines[number]["_status"] == "rejected"
        assert (lines[number]["_code"], called in lines[number]["_error"]) == ("invisible_character", True)
    assert list(world.account()["contacts"]) == ["ana@example.com"]


def test_so_is_a_phone_unless_the_account_has_it_so(world: World):
    world.ask("POST contacts", {"contact": {"email": "old@example.com", "phone": "\u202a+44 20\u202c"}})
    rows = [("new@example.com", "\u202a+44 20\u202c"), ("old@example.com", "\u202a+44 20\u202c")]
    rows += [(f"p{number}@example.com", "1") for number in range(3)]
    world.start(world.csv(rows, "email,phone"))
    lines = check_reports(world.job.path, "email,phone")
    assert lines[2]["_status"] == "rejected"
    assert "U+202A LEFT-TO-RIGHT EMBEDDING" in lines[2]["_error"]
    assert lines[3]["_action"] == "unchanged"
    assert "new@example.com" not in world.account()["contacts"]


class Saying(Silent):
    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, line: str) -> None:
        self.said.append(line)


def said_of(world: World, rows: list[tuple[str, ...]], header: str) -> list[str]:
    """What an import of rows says, each of which ends well."""
    saying = Saying()
    setting = replace(world.setting, progress=saying)
    job_result = run(import_.start, named("contacts"), world.csv(rows, header), ImportOptions(rate=0), setting)
    assert job_result.summary.complete
    world.job.discard()
    return saying.said


def test_names_that_look_the_same_are_the_same_and_that_is_said_once(world: World):
    world.ask("POST fieldOption/bulk", {"fieldOptions": [
        {"field": "1", "value": "Général", "label": "", "orderid": 9, "isdefault": False}]})  # fmt: skip
    first = [("ana@example.com", "Größe,Big Spender,VIP", "Newsletter", "Müller Ltd", "Général")]
    header = "email,tags,lists,account,Company Size"
    assert not any("written otherwise" in line for line in said_of(world, first, header))
    before = world.account()

    again = [("ana@example.com", "Gro\u0308ße,Big\u00a0Spender,VIP\u200b", "News\u00adletter", "Mu\u0308ller\u2003Ltd",
              "Ge\u0301ne\u0301ral")]  # fmt: skip
    said = said_of(world, again, "email,tags,lists,account,Company\u00a0Size")
    assert world.account() == before
    (line,) = [line for line in said if "written otherwise" in line]
    assert line.startswith("6 names are written otherwise than in the account, whose way counts: ")
    assert "'Big\\xa0Spender' is 'Big Spender' (it has U+00A0 NO-BREAK SPACE where the other has U+0020 SPACE)" in line
    assert not any("will be created" in line for line in said)


def test_of_lists_whose_names_differ_in_case_both_can_be_meant(world: World):
    for name in ("Foo", "foo"):
        world.ask("POST lists", {"list": {"name": name, "stringid": f"list-{name}", "sender_url": "https://example.com",
                                          "sender_reminder": "You asked."}})  # fmt: skip
    world.start(world.csv([("ana@example.com", "Foo,foo"), ("bo@example.com", "FOO")], "email,lists"))
    lines = check_reports(world.job.path, "email,lists")
    assert world.account()["contacts"]["ana@example.com"]["lists"] == {"Foo": "1", "foo": "1"}
    assert (lines[3]["_status"], lines[3]["_code"]) == ("rejected", "ambiguous_name")
    assert "'Foo' (4) and 'foo' (5)" in lines[3]["_error"]


@pytest.mark.parametrize("char", UNSEEN)
def test_what_nobody_sees_in_a_new_name_is_said_before_it_is_created(world: World, char: str):
    rows = [("a@example.com", f"V{char}IP,Plain", f"Ac{char}me"), ("b@example.com", "VIP", "Acme")]
    said = " ".join(said_of(world, rows, "email,tags,account"))
    assert f"'VIP' holds {UNSEEN[char]}" in said
    assert f"'Acme' holds {UNSEEN[char]}" in said
    assert "'Plain' holds" not in said
    account = world.account()
    assert len(account["tags"]) == 2
    assert len(account["accounts"]) == 1
