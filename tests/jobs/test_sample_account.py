"""The sample of a whole account builds one up, in a new sandbox, and nothing is made a second time."""

from __future__ import annotations

from pathlib import Path

from bulk.resources import RESOURCES
from tests.world import World

SAMPLES = Path(__file__).parents[2] / "samples" / "account"


def test_the_sample_account_goes_in_and_nothing_is_made_a_second_time(world: World):
    first = world.import_all(SAMPLES)
    assert first.summary.complete
    assert first.summary.rows["read"] == first.summary.rows["succeeded"]
    world.job.discard()
    world.sent.clear()
    second = world.import_all(SAMPLES)
    assert second.summary.complete
    assert "created" not in second.summary.actions
    assert {step.split(" ")[0] for step in world.steps()} <= {"contact", "tag"}, "so few are sent, not read before"


def test_there_is_a_sample_of_every_resource_that_can_be_imported():
    assert {path.stem for path in SAMPLES.iterdir()} == {resource.name for resource in RESOURCES if resource.modes}
