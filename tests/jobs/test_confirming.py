"""A row counts as done by an answer that says so of its own record, or by reading; whoever else answers."""

from __future__ import annotations

import pytest

from bulk.errors import AbortedError
from bulk.model import Reply
from bulk.sandbox.faults import Fault
from tests.world import World, check_reports

HEADER = "email,firstName"
ROWS = [(f"r{n}@example.com", f"R{n}") for n in range(25)]


# ---- a page of a proxy


@pytest.mark.parametrize("status", [200, 401, 403, 404, 502])
def test_one_page_of_a_proxy_costs_one_more_request(world: World, status: int):
    world.faults = (Fault("html", method="POST", path="contact/sync", status=status, nth=5),)
    ending = world.start(world.csv(ROWS, HEADER))
    assert ending.summary.complete
    assert sum(request.path == "contact/sync" for request, _reply in world.sent) == 26


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_page_of_a_proxy_that_stays_stops_the_job_and_is_named(world: World, status: int):
    world.latency = 0.2
    world.faults = (Fault("html", status=status, skip=12),)
    ending = world.start(world.csv(ROWS, HEADER), concurrency=2)
    assert isinstance(ending.error, AbortedError)
    said = str(ending.error)
    assert "A page of a proxy in front of ActiveCampaign, not the API's answer" in said
    assert f"HTTP {status}" in said
    assert "<" not in said
    assert "key" not in said
    assert ending.summary.state == "unfinished"
    check_reports(world.job.path, HEADER)
    world.faults = ()
    assert world.resume().summary.complete


def test_an_export_goes_on_after_a_page_of_a_proxy(world: World):
    world.start(world.csv(ROWS, HEADER))
    world.job.path.rename(world.folder / "import")
    world.faults = (Fault("html", method="GET", path="contacts", status=403, nth=1),)
    assert world.export(world.folder / "out.csv").summary.complete


def test_the_key_is_refused_by_the_api_s_own_word_alone(world: World):
    world.faults = (Fault("status", method="POST", path="contact/sync", status=403, nth=5),)
    ending = world.start(world.csv(ROWS, HEADER), concurrency=1)
    assert isinstance(ending.error, AbortedError)
    assert "Check the key" in str(ending.error)
    assert sum(isinstance(reply, Reply) and reply.status == 403 for _request, reply in world.sent) == 1


# ---- deletes


@pytest.mark.parametrize(
    "fault",
    [
        Fault("html", "DELETE", "contacts/*", status=404),
        Fault("empty", "DELETE", "contacts/*"),
        Fault("status", "DELETE", "contacts/*", status=404, applied=True),
    ],
)
def test_whether_it_is_gone_is_settled_by_reading_where_no_answer_says_so(world: World, fault: Fault):
    world.start(world.csv(ROWS[:3], HEADER))
    world.job.path.rename(world.folder / "import")
    world.faults = (fault,)
    ending = world.start(world.csv([(email,) for email, _name in ROWS[:3]], "email"), mode="delete", yes=True)
    assert ending.summary.actions == {"deleted": 3}
    assert not world.account()["contacts"]


def test_what_is_still_there_after_no_word_of_the_api_is_not_called_deleted(world: World):
    world.start(world.csv(ROWS[:3], HEADER))
    world.job.path.rename(world.folder / "import")
    world.faults = (Fault("status", "DELETE", "contacts/*", status=404),)
    ending = world.start(world.csv([(email,) for email, _name in ROWS[:3]], "email"), mode="delete", yes=True)
    assert ending.summary.rows["succeeded"] == ending.summary.rows["unchanged"] == 0
    assert len(world.account()["contacts"]) == 3
