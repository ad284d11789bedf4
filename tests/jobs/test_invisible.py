"""What nobody sees: in an address or a phone it rejects the row, in a name it does not count and is said."""

from __future__ import annotations

import pytest

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
