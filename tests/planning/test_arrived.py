"""Whether a value that was sent is what the account has: the same for an answer and for what is read back."""

from __future__ import annotations

import pytest

from bulk.planning import answers
from bulk.planning.differences import record_differences
from bulk.resources.kinds import DATE, DATETIME, MONEY, NUMBER, OPTIONS, TEXT, TEXTAREA, Kind


@pytest.mark.parametrize(
    ("kind", "result", "sent", "arrived"),
    [
        (TEXT, "Bath ", "Bath", True),
        (TEXT, "Bristol", "Bath", False),
        (TEXTAREA, None, "", True),
        (NUMBER, "1.50", "1.5", True),
        (MONEY, 1500, "1500", True),
        (OPTIONS, "||B||A||", "||A||B||", True),
        (OPTIONS, "||A||", "||A||B||", False),
        (DATE, "2026-01-01", "2026-01-01", True),
        (DATE, "2026-01-01 00:00:00", "2026-01-01", True),
        (DATE, "2025-12-31T23:00:00-05:00", "2026-01-01", True),
        (DATE, "2026-01-01T00:00:00-05:00", "2026-01-01", True),
        (DATE, "2026-01-03T00:00:00-05:00", "2026-01-01", False),
        (DATE, "2026-01-02", "2026-01-01", False),
        (DATE, None, "2026-01-01", False),
        (DATETIME, "2026-05-28T04:30:00-05:00", "2026-05-28T09:30:00+00:00", True),
        (DATETIME, "2026-05-28T04:31:00-05:00", "2026-05-28T09:30:00+00:00", False),
        (DATETIME, "2026-05-28 04:30:00", "2026-05-28T09:30:00+00:00", True),
        (DATETIME, "2026-05-30 04:30:00", "2026-05-28T09:30:00+00:00", False),
        (DATETIME, "2026-05-28 04:30:00", "2026-05-28 09:30:00", False),
    ],
)
def test_an_answer_and_a_reading_agree(kind: Kind, result: object, sent: object, arrived: bool):
    assert kind.arrived(result, sent) is arrived
    if kind is not OPTIONS or arrived:  # of which the account may leave some out in its answer
        assert answers.value_of(kind, sent)(result) is arrived
    assert (not record_differences({"values": {"x": sent}}, {"x": result}, {"x": kind})) is arrived
