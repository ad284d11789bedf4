"""Deleting: what goes is written down before, asked for, and gone once."""

from __future__ import annotations

import csv
import shutil
import time
from pathlib import Path

import pytest

from bulk.errors import DeclinedError
from bulk.jobs.delete import DELETED
from bulk.model import Request
from bulk.prefetch.contacts import STALE
from bulk.sandbox.faults import Fault
from tests.world import Crash, World, report


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def peopled(world: World) -> World:
    rows = [(f"p{n}@example.com", f"N{n}", "VIP,Trial", "Newsletter") for n in range(6)]
    world.start(world.csv(rows, "email,firstName,tags,lists"))
    world.job.discard()
    world.sent.clear()
    return world


def answering(world: World, answer: bool) -> list[str]:
    """Whoever is asked says this; gives what was asked."""
    asked: list[str] = []

    def confirm(question: str) -> bool:
        asked.append(question)
        return answer

    world.confirm = confirm
    return asked


def test_what_goes_is_written_down_first_and_then_gone(peopled: World):
    asked = answering(peopled, answer=True)
    path = peopled.csv([("p1@example.com",), ("P2@example.com",), ("nobody@example.com",)], "email")

    def before_the_first(request):
        if request.method == "DELETE":
            assert len(rows_of(peopled.job.file(DELETED))) == 2

    peopled.on_send = before_the_first
    job_result = peopled.start(path, mode="delete")
    assert asked == ["Delete them?"]
    assert job_result.summary.actions == {"deleted": 2, "unchanged": 1}
    assert set(peopled.account()["contacts"]) == {f"p{n}@example.com" for n in (0, 3, 4, 5)}
    saved = rows_of(peopled.job.file(DELETED))
    assert [(row["email"], row["firstName"], row["tags"], row["lists"]) for row in saved] == [
        ("p1@example.com", "N1", "Trial,VIP", "Newsletter"), ("p2@example.com", "N2", "Trial,VIP", "Newsletter")
    ]  # fmt: skip


def test_what_was_deleted_can_be_imported_again(peopled: World):
    before = peopled.account()
    peopled.start(peopled.csv([("p1@example.com",)], "email"), mode="delete")
    saved = peopled.job.file(DELETED).rename(peopled.folder / "saved.csv")
    peopled.job.discard()
    peopled.start(saved)
    assert peopled.account() == before


def test_who_says_no_keeps_everything(peopled: World):
    answering(peopled, answer=False)
    before = peopled.account()
    with pytest.raises(DeclinedError, match="Nothing was deleted"):
        peopled.start(peopled.csv([("p1@example.com",)], "email"), mode="delete")
    assert not list((peopled.folder / "jobs").iterdir()), "nothing is left of it, least of all personal data"
    assert peopled.steps() == []
    assert peopled.account() == before


def test_who_says_no_to_a_retry_keeps_the_job_and_no_list_of_what_would_go(peopled: World):
    answering(peopled, answer=True)
    peopled.faults = (Fault("status", method="DELETE", path="contacts/2", status=422),)
    people = peopled.csv([("p0@example.com",), ("p1@example.com",)], "email")
    assert peopled.start(people, mode="delete").summary.rows["failed"] == 1
    peopled.faults = ()
    answering(peopled, answer=False)
    assert peopled.resume(retry=True).error is not None
    assert [path.name for path in peopled.job.path.glob("deleted*")] == [DELETED]
    assert peopled.job.file("succeeded.csv").exists()


def killed_before_the_third(world: World, count: int) -> None:
    """Delete so many people, and come to the end of the process when the third is to go."""

    def crash(request: Request) -> None:
        if request.method == "DELETE" and len(world.steps("DELETE")) == 2:
            raise Crash

    world.on_send = crash
    with pytest.raises(BaseException):  # noqa: B017, PT011 - the end of the process
        world.start(world.csv([(f"p{n}@example.com",) for n in range(count)], "email"), mode="delete", concurrency=1)
    world.on_send = lambda _request: None


def test_a_resume_does_not_ask_again_and_deletes_what_is_left(peopled: World):
    asked = answering(peopled, answer=True)
    killed_before_the_third(peopled, 5)
    job_result = peopled.resume()
    assert asked == ["Delete them?"]
    assert job_result.summary.actions == {"deleted": 5}
    assert set(peopled.account()["contacts"]) == {"p5@example.com"}
    assert len(rows_of(peopled.job.file(DELETED))) == 5


def test_a_resume_after_hours_writes_down_and_asks_anew_what_goes_by_it(peopled: World):
    asked = answering(peopled, answer=True)
    killed_before_the_third(peopled, 4)
    peopled.ask("DELETE contacts/4")
    peopled.ask("POST contacts", {"contact": {"email": "p3@example.com", "firstName": "Another"}})
    later = time.time() + 3 * STALE
    peopled.clock = lambda: later
    job_result = peopled.resume()
    assert asked == ["Delete them?"] * 2
    assert job_result.summary.actions == {"deleted": 4}
    assert len(rows_of(peopled.job.file(DELETED))) == 4
    again = rows_of(peopled.job.file("deleted-2.csv"))
    assert [(row["email"], row["firstName"]) for row in again] == [
        ("p2@example.com", "N2"), ("p3@example.com", "Another")
    ]  # fmt: skip


def test_who_was_not_there_is_not_called_deleted(peopled: World):
    job_result = peopled.start(peopled.csv([("1",), ("77",)], "id"), mode="delete", key="id")
    assert job_result.summary.actions == {"deleted": 1, "unchanged": 1}
    assert job_result.summary.rows["succeeded"] == len(rows_of(peopled.job.file(DELETED))) == 1


def test_who_is_gone_after_a_lost_answer_was_deleted(peopled: World):
    peopled.faults = (Fault("lost_after", method="DELETE", nth=1),)
    job_result = peopled.start(peopled.csv([("1",)], "id"), mode="delete", key="id")
    assert job_result.summary.actions == {"deleted": 1}


def test_by_whatever_key_what_goes_is_written_down_and_asked_for(world: World):
    world.start(world.csv([("City", "text", "TOWN"), ("Age", "text", "YEARS")], "title,type,perstag"), "fields")
    world.job.discard()
    asked = answering(world, answer=True)
    written: list[str] = []

    def before_the_first(request: Request) -> None:
        if request.method == "DELETE" and not written:
            written.extend(row["perstag"] for row in rows_of(world.job.file(DELETED)))

    world.on_send = before_the_first
    world.start(world.csv([("TOWN",)], "perstag"), "fields", mode="delete", key="perstag")
    assert asked == ["Delete them?"]
    assert written == ["TOWN"]
    assert world.steps("DELETE") == ["delete"]


def test_a_deal_named_by_its_contact_is_written_down_and_asked_for(small: Path, world: World):
    shutil.copytree(small, world.folder / world.sandbox)
    deal = {"title": "Deal", "value": "1.00", "currency": "usd", "contact_email": "ada@example.com",
            "pipeline_title": "Sales", "stage_title": "To Contact"}  # fmt: skip
    made = world.start(world.csv([tuple(deal.values())], ",".join(deal)), "deals")
    assert made.summary.rows["succeeded"] == 1, report(made.folder.path, "failed.csv")
    world.job.discard()
    asked = answering(world, answer=True)
    wanted = world.csv([("Deal", "ada@example.com")], "title,contact_email")
    job_result = world.start(wanted, "deals", mode="delete")
    assert asked == ["Delete them?"]
    assert [row["title"] for row in rows_of(world.job.file(DELETED))] == ["Deal"]
    assert job_result.summary.actions == {"deleted": 1}


def test_what_a_server_does_not_send_beside_a_contact_is_read_before_it_goes(peopled: World):
    peopled.faults = (Fault("no_include"),)
    asked = answering(peopled, answer=True)
    peopled.start(peopled.csv([("p1@example.com",)], "email"), mode="delete")
    assert asked == ["Delete them?"]
    saved = rows_of(peopled.job.file(DELETED))
    assert [(row["email"], row["tags"], row["lists"]) for row in saved] == [
        ("p1@example.com", "Trial,VIP", "Newsletter")
    ]


def test_tags_too_are_read_before_they_go_where_none_come_beside(peopled: World):
    peopled.faults = (Fault("no_include"),)
    asked = answering(peopled, answer=True)
    wanted = peopled.csv([("p1@example.com", "VIP"), ("p2@example.com", "None")], "contact_email,tag_name")
    peopled.start(wanted, "contactTags", mode="delete")
    assert asked == ["Delete them?"]
    assert [row["contact_email"] for row in rows_of(peopled.job.file(DELETED))] == ["p1@example.com"]


def test_a_retry_asks_anew_and_keeps_what_was_written_down_before(peopled: World):
    asked = answering(peopled, answer=True)
    peopled.faults = (Fault("status", method="DELETE", path="contacts/2", status=422, first=1),)
    peopled.start(peopled.csv([("p0@example.com",), ("p1@example.com",)], "email"), mode="delete")
    assert len(rows_of(peopled.job.file(DELETED))) == 2
    peopled.faults = ()
    job_result = peopled.resume(retry=True)
    assert asked == ["Delete them?"] * 2
    assert len(rows_of(peopled.job.file(DELETED))) == 2
    assert [row["email"] for row in rows_of(peopled.job.file("deleted-2.csv"))] == ["p1@example.com"]
    assert job_result.summary.rows["succeeded"] == 2


def test_a_bad_cell_that_a_deletion_does_not_need_rejects_no_row(peopled: World):
    rows = [("p1@example.com", "x" * 300, '"a', "1,5"), ("nobody", "N", "", "")]
    job_result = peopled.start(peopled.csv(rows, "email,firstName,lists,Company Size"), mode="delete")
    assert job_result.summary.actions == {"deleted": 1}
    assert [line["_code"] for line in report(job_result.folder.path, "failed.csv")] == ["email_invalid"]
    assert "p1@example.com" not in peopled.account()["contacts"]


def test_of_links_the_cells_that_do_not_tell_which_are_not_needed_to_delete_them(peopled: World):
    rows = [("p1@example.com", "VIP", "no date"), ("p2@example.com", "Nowhere", "")]
    job_result = peopled.start(peopled.csv(rows, "contact_email,tag_name,cdate"), "contactTags", mode="delete")
    assert job_result.summary.actions == {"deleted": 1}
    fields = [("p1@example.com", "Company Size", "a size that is none")]
    path = peopled.csv([("p1@example.com", "Company Size", "1-10")], "contact_email,field_title,value")
    peopled.job.path.rename(peopled.folder / "jobs" / "first")
    peopled.start(path, "fieldValues")
    peopled.job.path.rename(peopled.folder / "jobs" / "second")
    path = peopled.csv(fields, "contact_email,field_title,value")
    assert peopled.start(path, "fieldValues", mode="delete").summary.actions == {"deleted": 1}
