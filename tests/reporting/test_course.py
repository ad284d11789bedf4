"""How a job went is kept in few samples, however long it takes."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bulk.reporting.charts import over_time
from bulk.runtime.course import MOST, Course, Sample

STAGES = ("connecting", "checking", "sending", "reading back")


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 3), st.integers(0, 9)), min_size=2, max_size=3 * MOST))
def test_the_first_and_the_last_sample_and_each_beginning_stay(steps: list[tuple[int, int, int]]):
    course, seconds, requests, stage = Course(), 0.0, 0, 0
    every: list[Sample] = []
    for more, sent, turn in steps:
        seconds, requests = seconds + more / 10, requests + sent
        stage = min(len(STAGES) - 1, stage + (turn == 0))
        every.append(Sample(seconds, requests, 0, STAGES[stage]))
        course.add(every[-1])
    kept = course.samples
    assert len(kept) <= MOST
    assert (kept[0], kept[-1]) == (every[0], every[-1])
    assert all(one.seconds <= after.seconds for one, after in pairwise(kept))
    assert set(kept) <= set(every)
    beginnings = [one for before, one in pairwise([Sample(0, 0, 0, ""), *every]) if one.stage != before.stage]
    assert all(any((one.seconds, one.stage) == (each.seconds, each.stage) for each in kept) for one in beginnings)


def test_stages_that_alternate_are_bounded_too():
    course = Course()
    for number in range(3 * MOST):
        course.add(Sample(float(number), number, 0, STAGES[number % 2]))
    assert len(course.samples) <= MOST + 1
    assert course.samples[-1].seconds == 3 * MOST - 1


def test_each_stage_has_the_time_until_the_next_begins():
    course = [
        Sample(0, 0, 0, "connecting"), Sample(1, 1, 0, "sending"), Sample(3, 9, 0, "sending"),
        Sample(4, 12, 1, "reading back"), Sample(5, 14, 1, "reading back"),
    ]  # fmt: skip
    assert Course(course).stages == {"connecting": 1, "sending": 3, "reading back": 1}


def test_the_picture_shows_what_was_sent_and_what_was_refused():
    course = [Sample(0, 0, 0, "sending"), Sample(10, 50, 0, "sending"), Sample(20, 80, 2, "sending")]
    picture = over_time(course, 5)
    assert "0:00: 5.0 a second" in picture
    assert "0:10: 3.0 a second, 2 refused" in picture
    assert "5/s" in picture


def test_of_a_job_that_took_no_time_there_is_no_picture():
    assert over_time([Sample(0, 0, 0, "connecting"), Sample(0, 3, 0, "sending")], 5) == ""
