"""Whatever the rows, the faults and the moment of a stop: every row stands in one report, with its own end."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bulk.errors import AbortedError, BulkError, UnfinishedError
from bulk.model import Request
from bulk.sandbox.faults import Fault
from tests.scale import tries
from tests.world import Crash, World, check_reports

HEADER = "email,firstName,tags,remove_tags,lists"
GOOD, BAD_EMAIL, BAD_LIST, SHORT, LONG, CONTRADICTION, DUPLICATE = range(7)
CODES = {
    BAD_LIST: {"unknown_list", "unknown_name", "unknown_option"},
    SHORT: {"too_few_cells"},
    LONG: {"too_many_cells"},
    CONTRADICTION: {"contradiction"},
    DUPLICATE: {"duplicate_key"},
}
FAULTS = st.builds(
    Fault,
    st.sampled_from(["lost_before", "lost_after", "truncated", "empty", "html"]),
    method=st.sampled_from(["POST", "GET", "*"]),
    path=st.sampled_from(["contact/sync", "contactTags", "contactLists", "tags", "contacts*"]),
    probability=st.sampled_from([0.2, 0.7, 1.0]),
) | st.builds(
    Fault,
    st.just("status"),
    method=st.just("POST"),
    path=st.sampled_from(["contact/sync", "contactTags", "contactLists"]),
    status=st.sampled_from([422, 429, 500, 503, 403]),
    probability=st.sampled_from([0.1, 0.5]),
)


def cells(number: int, kind: int) -> list[str]:
    row = [
        f"p{number}@example.com",
        f"N {number}",
        "VIP,T" if number % 2 else "",
        "",
        "Newsletter" if number % 3 else "",
    ]
    match kind:
        case 1:
            row[0] = f"p{number}"
        case 2:
            row[4] = f"No list {number}"
        case 3:
            row = row[:2]
        case 4:
            row.append("more")
        case 5:
            row[2], row[3] = "VIP,A", "vip"
        case 6:
            row[0] = "P0@example.com"
    return row


@given(
    kinds=st.lists(st.sampled_from([GOOD] * 6 + list(range(1, 7))), max_size=12),
    faults=st.lists(FAULTS, max_size=2),
    seed=st.integers(0, 99),
    stop=st.integers(1, 60),
    crash=st.booleans(),
)
@settings(
    max_examples=tries(10, 400),
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_every_row_is_accounted_for(
    tmp_path: Path, kinds: list[int], faults: list[Fault], seed: int, stop: int, crash: bool
):
    kinds = [GOOD, *kinds]
    shutil.rmtree(tmp_path / "world", ignore_errors=True)
    (tmp_path / "world").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        world = World(tmp_path / "world", patch, faults=tuple(faults), seed=seed)
        path = world.csv([cells(number, kind) for number, kind in enumerate(kinds)], HEADER)
        seen = 0

        def cut(_request: Request) -> None:
            nonlocal seen
            seen += 1
            if crash and seen == stop:
                raise Crash

        world.on_send = cut
        try:
            world.start(path)
        except Crash:
            pass
        except BulkError as error:
            assert isinstance(error, (AbortedError, UnfinishedError))  # noqa: PT017
        world.on_send = lambda _request: None
        if (world.job.path / "summary.json").exists():
            check(world, kinds)
        world.faults = ()
        if not world.job.path.exists():
            world.start(path)
        else:
            world.resume()
        job_result = world.resume(retry=True)
        assert job_result.error is None
        check(world, kinds)
        good = {f"p{number}@example.com" for number, kind in enumerate(kinds) if kind == GOOD}
        current = world.account()
        assert set(current["contacts"]) == good
        assert job_result.summary.rows["succeeded"] + job_result.summary.rows["unchanged"] == len(good)
        assert len(current["tags"]) == len(set(current["tags"]))
        for email, person in current["contacts"].items():
            number = int(email[1:].partition("@")[0])
            row = cells(number, GOOD)
            assert person["firstName"] == row[1]
            assert person["tags"] == {tag for tag in row[2].split(",") if tag}
            assert person["lists"] == ({"Newsletter": "1"} if row[4] else {})


def check(world: World, kinds: list[int]) -> None:
    lines = check_reports(world.job.path, HEADER)
    assert sorted(lines) == list(range(2, len(kinds) + 2))
    for row, line in lines.items():
        kind = kinds[row - 2]
        written = cells(row - 2, kind)
        assert line["email"] == written[0]
        if kind == GOOD:
            assert line.get("_status") != "rejected"
            continue
        assert line["_status"] == "rejected"
        assert not CODES.get(kind) or line["_code"] in CODES[kind]
        if kind in (BAD_EMAIL, BAD_LIST):
            assert f"'{written[0] if kind == BAD_EMAIL else written[4]}'" in line["_error"]


@pytest.mark.parametrize(("limit", "sent"), [("2", 2), ("20%", 2), ("50%", 5), ("1%", 1), ("", 10)])
def test_max_errors_counts_rows_that_failed_and_no_rejected_ones(world: World, limit: str, sent: int):
    """Five rows break the schema, of ten that are sent none has its contact: `N%` is a share of those ten."""
    rows = [("nobody", "N")] * 5 + [(f"p{n}@example.com", "P") for n in range(10)]
    job_result = world.start(world.csv(rows, "email,firstName"), mode="update", max_errors=limit, concurrency=1)
    assert job_result.summary.rows["rejected"] == 5
    assert job_result.summary.rows["failed"] == sent
    assert job_result.summary.rows["unprocessed"] == 10 - sent
    assert job_result.summary.state == ("unfinished" if sent < 10 else "finished")


def test_rows_that_the_account_rejects_do_not_count_for_max_errors(world: World):
    world.start(world.csv([("a@example.com", "A")], "email,firstName"))
    world.job.path.rename(world.folder / "jobs" / "before")
    rows = [(f"Deal {n}", "a@example.com", "1.00", "usd", "No such pipeline") for n in range(6)]
    header = "title,contact_email,value,currency,pipeline_title"
    job_result = world.start(world.csv(rows, header), "deals", max_errors="1", concurrency=1)
    assert (job_result.summary.rows["rejected"], job_result.error) == (6, None)


def test_each_run_counts_its_own_failures(world: World):
    rows = [(f"p{n}@example.com", "P") for n in range(6)]
    options = {"mode": "update", "concurrency": 1}
    world.start(world.csv(rows, "email,firstName"), max_errors="2", **options)
    job_result = world.resume(max_errors="3")
    assert (job_result.summary.rows["failed"], job_result.summary.rows["unprocessed"]) == (5, 1)
