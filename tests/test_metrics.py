"""The metrics file: read as Prometheus reads it, right however a job ends, and documented as the code has it."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from bulk.library.metrics import EVERY, METRICS, Figures, JobMetrics, read_before, rendered, write_metrics
from bulk.library.progress import Ended, Snapshot, Started
from tests.cli.conftest import Shell
from tests.cli.conftest import bulk as bulk  # noqa: PLC0414 - a fixture
from tests.cli.conftest import csv_file as csv_file  # noqa: PLC0414 - likewise

PAGE = Path(__file__).parents[1] / "docs" / "schedulers.md"
ABOUT = Started("j", "import", "contacts", "acme")
MANY = "email\n" + "".join(f"p{n}@example.com\n" for n in range(40))
Values = dict[str, dict[tuple[tuple[str, str], ...], float]]


def values(path: Path) -> Values:
    """The file as Prometheus reads it: by metric, by the labels that it has beside those of the job."""
    result: Values = {}
    for family in text_string_to_metric_families(path.read_text("utf-8")):
        assert family.type == "gauge"
        assert family.documentation == METRICS[family.name].help
        for sample in family.samples:
            own = {name: value for name, value in sample.labels.items() if name not in ("resource", "account", "kind")}
            of_metric = result.setdefault(sample.name, {})
            assert tuple(own.items()) not in of_metric
            of_metric[tuple(own.items())] = sample.value
    return result


def one(path: Path, name: str) -> float | None:
    return values(path).get(name, {}).get(())


def test_a_job_that_is_done_has_all_its_figures(bulk: Shell, csv_file):
    file = bulk.folder / "bulk.prom"
    done = bulk.sandbox("import", csv_file("email\nada@example.com\nno address\n"), "--job", "j", "--metrics", file)
    summary, told = bulk.summary("j"), values(file)
    assert done.code == 1
    assert told["bulk_rows"] == {(("status", name),): n for name, n in summary["rows"].items() if name != "read"}
    assert told["bulk_row_problems"] == {(("code", "email_invalid"),): 1}
    assert (one(file, "bulk_rows_read"), one(file, "bulk_requests")) == (2, summary["requests"])
    assert (one(file, "bulk_exit_code"), one(file, "bulk_running")) == (1, 0)
    assert one(file, "bulk_last_success_timestamp_seconds") is None
    assert 'resource="contacts",account="sandbox",kind="import"' in file.read_text()
    assert "example.com" not in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o644
    assert [path.name for path in bulk.folder.iterdir() if ".part" in path.name] == []


def test_when_it_last_went_well_stays_whatever_comes_after(bulk: Shell, csv_file):
    file, good = bulk.folder / "bulk.prom", csv_file("email\nada@example.com\n")
    assert bulk.sandbox("import", good, "--metrics", file).code == 0
    went_well = one(file, "bulk_last_success_timestamp_seconds")
    assert went_well == one(file, "bulk_end_timestamp_seconds")
    assert bulk.sandbox("import", bulk.folder / "none.csv", "--metrics", file).code == 2
    assert one(file, "bulk_last_success_timestamp_seconds") == went_well
    assert (one(file, "bulk_exit_code"), one(file, "bulk_rows_read")) == (2, 0)
    assert bulk.sandbox("import", csv_file(MANY, "many.csv"), "--on-invalid", "stop", "--metrics", file).code == 0
    assert (one(file, "bulk_last_success_timestamp_seconds") or 0) > (went_well or 0)


def test_a_job_that_is_cut_off_says_so_and_its_resume_writes_the_same_file(bulk: Shell, csv_file):
    stopped = bulk(
        "import", "contacts", csv_file(MANY), "--sandbox", "--rate", "10", "--max-duration", "1s", "--job", "j",
        "--metrics", "bulk.prom",
    )  # fmt: skip
    file = bulk.folder / "bulk.prom"
    assert (stopped.code, one(file, "bulk_exit_code")) == (4, 4)
    assert values(file)["bulk_rows"][("status", "unprocessed"),] > 0
    assert bulk("resume", "j", "--rate", "0").code == 0
    assert (one(file, "bulk_exit_code"), values(file)["bulk_rows"][("status", "succeeded"),]) == (0, 40)
    assert one(file, "bulk_requests") == bulk.summary("j")["requests"]


def test_a_file_that_cannot_be_written_is_refused_before_anything_is_sent(bulk: Shell, csv_file):
    done = bulk.sandbox("import", csv_file("email\nada@example.com\n"), "--metrics", "none/bulk.prom")
    assert (done.code, bulk.no_job) == (2, True)
    assert "none/bulk.prom cannot be written" in done.err


def test_answers_that_are_none_are_counted(bulk: Shell, csv_file):
    ended = Ended("j", "import", "contacts", "acme", "done", 0, refusals={"429": 3, "lost": 1})
    file = bulk.folder / "x.prom"
    JobMetrics(file, ABOUT, lambda: 1_000.0).end(ended)
    assert values(file)["bulk_refusals"] == {(("answer", "429"),): 3, (("answer", "lost"),): 1}


def test_while_it_runs_it_is_written_now_and_then_and_keeps_how_it_ended_before(tmp_path: Path):
    file, now = tmp_path / "x.prom", [1_000.0]
    JobMetrics(file, ABOUT, lambda: now[0]).end(Ended("j", "import", "contacts", "acme", "done", 0))
    metrics = JobMetrics(file, ABOUT, lambda: now[0])
    assert (one(file, "bulk_running"), one(file, "bulk_exit_code")) == (1, 0)
    metrics.update(Snapshot("sending", 5, 10, requests=7), {})
    assert one(file, "bulk_progress_rows") is None
    now[0] += EVERY
    metrics.update(Snapshot("sending", 5, 10, requests=7), {"429": 1})
    assert (one(file, "bulk_progress_rows"), one(file, "bulk_progress_rows_expected")) == (5, 10)
    assert (one(file, "bulk_requests"), one(file, "bulk_duration_seconds")) == (7, EVERY)
    now[0] += EVERY
    metrics.update(Snapshot("reading", 5, None, requests=9), {})
    assert one(file, "bulk_progress_rows_expected") is None
    metrics.end(Ended("j", "import", "contacts", "acme", "unfinished", 4))
    assert (one(file, "bulk_progress_rows"), one(file, "bulk_exit_code")) == (None, 4)
    assert one(file, "bulk_last_success_timestamp_seconds") == 1_000


def test_a_file_that_cannot_be_replaced_is_left_and_said(tmp_path: Path):
    folder = tmp_path / "metrics"
    folder.mkdir()
    metrics = JobMetrics(folder / "x.prom", ABOUT, lambda: 1_000.0)
    (folder / "x.prom").unlink()
    folder.rmdir()
    assert "cannot be written" in metrics.end(Ended("j", "import", "contacts", "acme", "done", 0))


@given(st.dictionaries(st.sampled_from(("account", "resource")), st.text(min_size=1)), st.text())
def test_any_label_is_read_back_as_it_is(labels: dict[str, str], code: str):
    text = rendered([Figures(labels, {"bulk_exit_code": 4, "bulk_row_problems": {code: 2}})])
    for family in text_string_to_metric_families(text):
        (sample,) = family.samples
        expected = {**labels, **({"code": code} if family.name == "bulk_row_problems" and code else {})}
        assert sample.labels == expected


@pytest.mark.parametrize("account", ['a"b', "a\\b", "a b", "ä}c", "a{b} 3"])
def test_what_is_kept_is_found_again_whatever_the_account_is_called(tmp_path: Path, account: str):
    path = tmp_path / "x.prom"
    write_metrics(path, [Figures({"account": account}, {"bulk_last_success_timestamp_seconds": 12.5})])
    write_metrics(path, [Figures({"account": account}, {"bulk_exit_code": 2})])
    assert "12.5" in read_before(path).values()


def test_the_documented_table_is_what_the_code_has():
    rows = re.findall(r"^\| `(bulk_\w+)` \| ([^|]*) \| ([^|]*) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert rows == [(name, f"`{metric.by}`" if metric.by else "", metric.help) for name, metric in METRICS.items()]


def test_names_are_as_prometheus_has_them():
    for name, metric in METRICS.items():
        assert re.fullmatch(r"bulk_[a-z_]+[a-z]", name)
        assert not name.endswith(("_total", "_count", "_sum", "_bucket", "_info"))
        assert metric.help.endswith(".")
        assert ("timestamp" in name) <= name.endswith("_timestamp_seconds")
