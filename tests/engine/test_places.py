"""The places that steps have in a pace that others share: how far ahead their turn is, and when they are over."""

from __future__ import annotations

import math

import pytest

from bulk.engine.limit import RateLimit
from bulk.engine.places import Places
from bulk.engine.steps import Step
from bulk.engine.tasks import Role, question
from bulk.engine.turns import Turns
from bulk.model import Request

GRACE = 0.03


class Shared(RateLimit):
    """A limit that others share, of which this one has all places."""

    place_at = place_until = -math.inf

    def planned_at(self, now: float) -> float:
        return self.ready_at(now)

    def spend(self, now: float) -> None:
        super().spend(now)
        self.place_at = self.newest
        self.place_until = self.newest + GRACE

    def may_leave(self, start: float, until: float, now: float) -> bool:
        return now <= until


def places_of(limit: Shared) -> Places:
    return Places(limit, Turns(limit, {}))


def a_step(places: Places, place: float, now: float) -> Step:
    request = Request("s", "GET", "users/me")
    step = Step(question(1, Role.QUESTION, request), request)
    step.leave(place)
    places.spend(step, place, now)
    return step


def test_the_turn_is_as_long_before_the_place_as_writing_takes_of_late():
    places = places_of(Shared(5.0))
    assert places.turn_at(10.0, 0.0) == 10.0
    places.wrote(0.05)
    assert places.turn_at(10.0, 0.0) == pytest.approx(9.95)
    places.wrote(0.01)
    assert 9.95 < places.turn_at(10.0, 0.0) < 9.96
    places.wrote(7.0)
    assert places.turn_at(10.0, 0.0) == pytest.approx(9.85), "what is in doubt after a kill stays little"


def test_once_writing_takes_no_time_there_is_no_turn_ahead():
    places = places_of(Shared(5.0))
    places.wrote(0.15)
    for _one in range(300):
        places.wrote(0.001)
    a_step(places, 0.0, 0.0)
    assert places.turn_at(10.0, 0.0) == 10.0


def test_those_whose_places_come_soon_after_have_their_turn_at_once():
    places = places_of(Shared(5.0))
    places.wrote(0.05)
    a_step(places, 9.95, 9.9)
    assert places.turn_at(10.08, 9.901) < 9.901 < places.turn_at(10.08, 9.91)
    assert places.turn_at(11.0, 9.901) > 10.0


def test_what_had_been_kept_for_a_connection_is_over_once_that_is_made():
    places = places_of(Shared(1.0))
    step = a_step(places, 0.0, 0.0)
    assert step.place_at == 0.25
    assert places.may_leave(step, 0.2)
    places.departs(step, 0.01)  # its headers
    assert places.may_leave(step, 0.012)  # its body
    assert not places.may_leave(step, 0.2), "its process was held up meanwhile"


def test_who_waits_for_another_place_goes_before_turns_ahead():
    limit = Shared(1.0)
    places = places_of(limit)
    places.wrote(0.1)
    step = a_step(places, 0.0, 0.0)
    assert not places.takes_another(step, 0.5)
    assert places.turn_at(10.0, 0.55) == 10.0
    assert places.turn_at(10.0, 0.7) < 10.0
