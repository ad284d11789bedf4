"""Whatever goes wrong on the way, a job ends right, or unfinished and a resume ends it right: one effect a row."""

from __future__ import annotations

import shutil
from pathlib import Path

import anyio
import pytest

from bulk.errors import AbortedError, UnfinishedError
from bulk.jobs.summary import JobResult
from bulk.model import Reply
from bulk.sandbox.faults import Fault
from tests.world import World, check_reports, report

HEADER = "email,firstName,tags,lists,account,City"
ROWS = [
    (f"person{n}@example.com", f"Name {n}", "VIP,Trial" if n % 2 else "Trial", "Newsletter", f"Firm {n % 3}", "Bristol")
    for n in range(8)
]
KINDS = {
    "lost_before": Fault("lost_before"),
    "lost_after": Fault("lost_after"),
    "truncated": Fault("truncated"),
    "empty": Fault("empty"),
    "html": Fault("html", status=200),
    "slow": Fault("slow", seconds=30),
    "429": Fault("status", status=429),
    "429 after": Fault("status", status=429, retry_after="7"),
    "500": Fault("status", status=500),
    "503": Fault("status", status=503, retry_after="3"),
}
STEPS = {
    "contact": ("POST", "contact/sync"),
    "tags": ("POST", "contactTags"),
    "lists": ("POST", "contactLists"),
    "accounts": ("POST", "accountContacts"),
    "new tag": ("POST", "tags"),
    "new account": ("POST", "accounts"),
    "questions": ("GET", "*"),
}


def finish(world: World, job_result: JobResult) -> JobResult:
    """Go on until the job has ended, as a person would."""
    for _ in range(3):
        if job_result.error is None and job_result.summary.complete:
            break
        job_result = world.resume(retry=job_result.error is None)
    return job_result


def same(fault: Fault, method: str, path: str, **when: int) -> Fault:
    values = {name: getattr(fault, name) for name in ("kind", "status", "retry_after", "seconds")}
    return Fault(**values, method=method, path=path, **when)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    with pytest.MonkeyPatch.context() as patch:
        world = World(tmp_path_factory.mktemp("undisturbed"), patch)
        assert world.start(world.csv(ROWS, HEADER)).summary.complete
        return world.account()


SAME = ("tags", "lists", "new account", "questions")  # steps whose likes meet every kind


@pytest.mark.some(10)
@pytest.mark.parametrize(
    ("step", "kind"),
    [(s, k) for s in STEPS for k in KINDS if s not in SAME or k in ("lost_before", "lost_after", "html", "503")],
)
def test_one_fault_of_each_kind_on_each_step(world: World, kind: str, step: str, undisturbed: dict[str, object]):
    world.faults = (same(KINDS[kind], *STEPS[step], nth=2), same(KINDS[kind], *STEPS[step], nth=4))
    job_result = world.start(world.csv(ROWS, HEADER))
    if step != "new account":  # where the second fault meets the second and last try
        assert job_result.summary.complete, "two faults are less than the attempts of a step"
    assert finish(world, job_result).summary.complete
    assert world.account() == undisturbed
    check_reports(world.job.path, HEADER)


@pytest.mark.some(5)
@pytest.mark.parametrize("kind", [kind for kind in KINDS if not kind.startswith(("429", "503", "slow"))])
@pytest.mark.parametrize("step", ["contact", "tags", "lists", "accounts"])
def test_a_step_that_is_never_answered_ends_its_rows_only(
    world: World, kind: str, step: str, undisturbed: dict[str, object]
):
    path = world.csv(ROWS, HEADER)
    world.faults = (same(KINDS[kind], *STEPS[step]),)
    job_result = world.start(path)
    lines = check_reports(world.job.path, HEADER)
    if step not in ("accounts", "lists") or kind in ("lost_before", "500"):  # what was applied is found by reading
        assert not job_result.summary.complete
    bad = [line for line in lines.values() if line["_file"] == "failed.csv"]
    assert all(line["_error"] and line["_code"] and line["_step"] for line in bad)
    world.faults = ()
    job_result = finish(world, job_result)
    assert job_result.summary.complete
    assert world.account() == undisturbed
    check_reports(world.job.path, HEADER)


def done(world: World) -> dict[int, str]:
    """What became of each row, by its report."""
    return {row: line.get("_action", "") for row, line in check_reports(world.job.path, HEADER).items()}


@pytest.mark.some(4)
@pytest.mark.parametrize("status", [502, 503, 504])
@pytest.mark.parametrize("step", ["contact", "tags", "lists", "accounts"])
def test_what_a_gateway_gave_up_on_after_it_was_done_is_reported_as_what_it_was(world: World, status: int, step: str):
    """New people are created and not updated, who got a tag or a list was updated and not found so."""
    method, path = STEPS[step]
    world.faults = (Fault("status", method, path, status=status, applied=True, every=2),)
    assert world.start(world.csv(ROWS, HEADER)).summary.complete
    assert set(done(world).values()) == {"created"}
    shutil.rmtree(world.job.path)
    more = [(email, name, f"{tags},Gold", f"{lists},Customers", *rest) for email, name, tags, lists, *rest in ROWS]
    assert world.start(world.csv(more, HEADER)).summary.complete
    assert set(done(world).values()) == {"updated"}


@pytest.mark.parametrize("status", [502, 504])
def test_what_only_a_gateway_answers_for_is_in_doubt_and_not_failed(world: World, status: int):
    world.faults = (Fault("status", "POST", "contactTags", status=status, applied=True),)
    job_result = world.start(world.csv(ROWS, HEADER))
    assert job_result.summary.rows["failed"] == 0
    assert job_result.summary.rows["in_doubt"] == len(ROWS)


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_stops_the_job_at_once_and_a_resume_ends_it(
    world: World, status: int, undisturbed: dict[str, object]
):
    world.faults = (Fault("status", path="contact*", status=status, skip=9),)
    job_result = world.start(world.csv(ROWS, HEADER), concurrency=4)
    assert isinstance(job_result.error, AbortedError)
    assert job_result.summary.state == "unfinished"
    refused = [reply for _request, reply in world.sent if isinstance(reply, Reply) and reply.status == status]
    assert len(refused) <= 4, "no more than what was in flight"
    assert job_result.summary.rows["failed"] == job_result.summary.rows["in_doubt"] == 0
    assert job_result.summary.rows["unprocessed"] > 0
    check_reports(world.job.path, HEADER)
    world.faults = ()
    job_result = world.resume()
    assert job_result.error is None
    assert job_result.summary.complete
    assert world.account() == undisturbed


def test_a_key_refused_before_the_first_row_leaves_no_job(world: World):
    world.faults = (Fault("status", status=401),)
    with pytest.raises(AbortedError, match=r"Invalid API key.*Check the key"):
        world.start(world.csv(ROWS, HEADER))
    assert not world.job.path.exists()


def test_a_key_refused_while_names_are_made_leaves_a_job_to_go_on_with(world: World, undisturbed: dict[str, object]):
    world.faults = (Fault("status", method="POST", path="tags", status=403),)
    job_result = world.start(world.csv(ROWS, HEADER))
    assert isinstance(job_result.error, AbortedError)
    assert job_result.summary.rows["unprocessed"] == len(ROWS)
    world.faults = ()
    assert world.resume().summary.complete
    assert world.account() == undisturbed


def test_a_network_that_is_gone_stops_the_job_with_rows_to_go_on_with(world: World, undisturbed: dict[str, object]):
    world.faults = (Fault("lost_before", skip=14),)
    job_result = world.start(world.csv(ROWS, HEADER))
    assert isinstance(job_result.error, UnfinishedError)
    assert job_result.summary.state == "unfinished"
    check_reports(world.job.path, HEADER)
    world.faults = ()
    assert finish(world, world.resume()).summary.complete
    assert world.account() == undisturbed


def test_a_network_that_is_gone_from_the_start_leaves_no_job(world: World):
    world.faults = (Fault("lost_before"),)
    with pytest.raises(UnfinishedError):
        world.start(world.csv(ROWS, HEADER))
    assert not world.job.path.exists()


def test_hours_that_the_server_asked_for_do_not_use_the_patience_up(world: World, undisturbed: dict[str, object]):
    world.faults = (
        Fault("status", "POST", "contact/sync", status=503, retry_after="3600", nth=2),
        Fault("status", "POST", "contact/sync", status=503, nth=3),
    )
    job_result = world.start(world.csv(ROWS, HEADER), concurrency=1)
    assert job_result.error is None
    assert job_result.summary.complete
    assert job_result.summary.totals.seconds > 3600
    assert world.account() == undisturbed
    assert [line for line in world.told.lines if "No answer" in line] == [
        "No answer: Service Unavailable (HTTP 503). It is tried again, in 1 h 0 min, as was asked for."
    ]


def test_random_faults_everywhere(world: World, undisturbed: dict[str, object]):
    path = world.csv(ROWS, HEADER)
    for seed in range(6):
        world.folder = path.parent / str(seed)
        world.folder.mkdir()
        world.seed = seed
        world.faults = tuple(
            same(fault, method, glob).__class__(
                fault.kind,
                method=method,
                path=glob,
                status=fault.status,
                retry_after=fault.retry_after,
                probability=0.04,
            )
            for fault in KINDS.values()
            for method, glob in STEPS.values()
        )
        job_result = world.start(path)
        check_reports(world.job.path, HEADER)
        world.faults = ()
        assert finish(world, job_result).summary.complete
        assert world.account() == undisturbed


@pytest.mark.some(2)
@pytest.mark.parametrize("retry_after", ["", "3", "date", "soon", "-1"])
def test_no_second_of_a_whole_job_has_more_requests_than_the_limit(world: World, retry_after: str):
    moments: list[float] = []
    world.on_send = lambda _request: moments.append(anyio.current_time())
    world.faults = (
        Fault("status", status=429, retry_after=retry_after, seconds=4, every=17),
        Fault("slow", seconds=6, probability=0.1),
    )
    assert world.start(world.csv(ROWS * 3, HEADER), rate=5.0, on_duplicate="all").summary.complete
    assert len(moments) > 60
    assert max(sum(first <= other < first + 1.0 for other in moments) for first in moments) <= 5
    refused = [reply for _request, reply in world.sent if isinstance(reply, Reply) and reply.status == 429]
    assert len(refused) > 3


# ---- retry


def test_retry_sends_only_the_missing_steps(world: World, undisturbed: dict[str, object]):
    world.faults = (Fault("status", method="POST", path="contactTags", status=422),)
    job_result = world.start(world.csv(ROWS, HEADER))
    assert job_result.error is None
    assert job_result.summary.rows["failed"] == len(ROWS)
    failed = report(world.job.path, "failed.csv")
    assert {line["_step"] for line in failed} == {"tag VIP", "tag Trial"}
    world.faults = ()
    world.sent.clear()
    job_result = world.resume(retry=True)
    assert job_result.summary.complete
    assert sorted(world.steps()) == ["tag Trial"] * 8 + ["tag VIP"] * 4
    assert world.account() == undisturbed
    assert job_result.summary.rows["succeeded"] == len(ROWS)


def test_a_retry_with_a_refused_key_leaves_the_job_as_it_was(world: World):
    world.faults = (Fault("status", method="POST", path="contactTags", status=422),)
    world.start(world.csv(ROWS, HEADER))
    before = report(world.job.path, "failed.csv")
    world.faults = (Fault("status", status=401),)
    job_result = world.resume(retry=True)
    assert isinstance(job_result.error, AbortedError)
    assert world.job.state == "finished"
    assert report(world.job.path, "failed.csv") == before


def test_a_retry_that_is_cut_off_is_not_taken_for_finished(world: World, undisturbed: dict[str, object]):
    world.faults = (Fault("status", method="POST", path="contactTags", status=422),)
    world.start(world.csv(ROWS, HEADER))
    world.faults = (Fault("status", status=401, method="POST", path="contactTags", skip=3),)
    job_result = world.resume(retry=True)
    assert isinstance(job_result.error, AbortedError)
    assert world.job.state == "unfinished"
    world.faults = ()
    assert world.resume().summary.complete
    assert world.account() == undisturbed


# ---- export


@pytest.fixture(scope="session")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An account of eight pages of contacts, and `out.csv`, its undisturbed export; made once."""
    folder = tmp_path_factory.mktemp("people")
    with pytest.MonkeyPatch.context() as patch:
        world = World(folder, patch)
        rows = [(f"p{n}@example.com", f"N {n}", "VIP", "Newsletter", "Firm", "Bath") for n in range(730)]
        assert world.start(world.csv(rows, HEADER)).summary.complete
        world.job.path.rename(folder / "import")
        assert world.export(folder / "out.csv").summary.complete
    return folder


@pytest.fixture
def filled(world: World, people: Path) -> World:
    shutil.copytree(people / "account", world.folder / "account")
    return world


@pytest.mark.some(4)
@pytest.mark.parametrize("kind", KINDS)
def test_an_export_with_faults_on_its_pages(filled: World, kind: str, tmp_path: Path, people: Path):
    filled.faults = (same(KINDS[kind], "GET", "contacts", every=3),)
    job_result = filled.export(tmp_path / "out.csv")
    assert job_result.error is None
    assert (tmp_path / "out.csv").read_bytes() == (people / "out.csv").read_bytes()


def test_an_export_that_cannot_read_on_leaves_no_file_and_goes_on(filled: World, tmp_path: Path, people: Path):
    filled.faults = (Fault("status", method="GET", path="contacts", status=403, skip=3),)
    job_result = filled.export(tmp_path / "out.csv", concurrency=2)
    assert isinstance(job_result.error, AbortedError)
    assert job_result.summary.rows["unprocessed"] > 0
    assert not list(tmp_path.glob("*out.csv*"))
    first = {
        (r.path, r.query)
        for r, reply in filled.sent
        if isinstance(reply, Reply) and reply.status == 200 and r.path == "contacts"
    }
    filled.faults = ()
    filled.sent.clear()
    assert filled.resume_export().summary.complete
    again = {(r.path, r.query) for r, _reply in filled.sent if r.path == "contacts"}
    assert not again & first, "no page is read twice"
    assert (tmp_path / "out.csv").read_bytes() == (people / "out.csv").read_bytes()
