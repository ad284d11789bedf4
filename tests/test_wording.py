"""How a change is told on one line."""

from __future__ import annotations

import pytest

from bulk.wording import change_told


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("create", "", "", ""), "create"),
        (("update", "firstName", "Ada", "Augusta"), "update firstName: Ada → Augusta"),
        (("update", "phone", "1", ""), "update phone: 1 → (empty)"),
        (("subscribe", "lists", "", "Newsletter"), "subscribe to Newsletter"),
        (("subscribe", "lists", "News: unsubscribed", "News"), "subscribe to News (was unsubscribed)"),
        (
            ("unsubscribe", "unsubscribe_lists", "Newsletter: subscribed", "Newsletter"),
            "unsubscribe from Newsletter (was subscribed)",
        ),
        (("add_tag", "tags", "", "Gold"), "add the tag Gold"),
        (("remove_tag", "tags", "Gold", ""), "remove the tag Gold"),
        (("opted_out", "lists", "", "Newsletter"), "opted_out lists: Newsletter"),
        (("add_tag", "tags", "", "x" * 60), "add the tag " + "x" * 39 + "…"),
    ],
)
def test_a_change_is_told_in_plain_words(change: tuple[str, str, str, str], told: str):
    assert change_told(*change) == told
