"""Who hears of a fleet: events by the schema, one metrics file with lines for each account, hooks told once."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import Any

import anyio
import pytest
from jsonschema import Draft202012Validator
from prometheus_client.parser import text_string_to_metric_families

from bulk.fleet.fleet_folder import FleetFolder
from bulk.fleet.running import FleetRun
from bulk.fleet.table import result_of
from bulk.fleet.telling import FleetWatch
from bulk.library.event_schema import schema
from bulk.library.watching import Hooks
from bulk.runtime.progress import Ended, Silent
from bulk.storage.job_folder import JobFolder
from tests.cli.conftest import Shell
from tests.fleet.dask_plays import PEOPLE, TOKEN, Played
from tests.fleet.test_fleets import config, people
from tests.served import KEY

FLEET = 'accounts = ["all"]\nsteps = ["import contacts {account}/people.csv --rate 0"]\n'
NOTING = f"{shlex.quote(sys.executable)} -c {shlex.quote('import sys; open(chr(116),chr(97)).write(sys.stdin.read())')}"


def told(bulk: Shell) -> list[dict[str, Any]]:
    path = bulk.folder / "t"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def values(path: Path) -> dict[str, dict[str, float]]:
    """The metrics of a file that have one value an account, by account."""
    families = text_string_to_metric_families(path.read_text("utf-8"))
    samples = [sample for family in families for sample in family.samples]
    assert {sample.labels["kind"] for sample in samples} == {"fleet"}
    result: dict[str, dict[str, float]] = {}
    for sample in samples:
        if set(sample.labels) == {"account", "kind"}:
            result.setdefault(sample.name, {})[sample.labels["account"]] = sample.value
    return result


@pytest.fixture
def two(bulk: Shell) -> Shell:
    """Two accounts, of which the second has no file yet."""
    config(bulk.folder, ["acme", "beta"])
    people(bulk.folder, ["acme"])
    (bulk.folder / "nightly.toml").write_text(FLEET)
    return bulk


def test_a_fleet_and_its_resume_tell_events_figures_and_hooks(two: Shell):
    given = ("--sandbox", "--job", "night", "--metrics", "fleet.prom", "--notify", NOTING)
    done = two("fleet", "run", "nightly.toml", *given, "--progress", "json")
    lines = [json.loads(line) for line in done.err.splitlines()]
    for line in lines:
        Draft202012Validator(schema()).validate(line)
    assert "example.com" not in done.err
    assert [line["event"] for line in lines][:: len(lines) - 1] == ["started", "ended"]
    stood = {(line["account"], line["state"]) for line in lines if line["event"] == "account"}
    assert {("acme", "running"), ("acme", "done"), ("beta", "refused")} <= stood
    assert (done.code, lines[-1]["exit_code"], lines[-1]["accounts"]) == (2, 2, {"done": 1, "refused": 1})
    refused = two.summary("night")["each"][1]
    assert (refused["code"], refused["help"].endswith("#input_missing")) == ("input_missing", True)
    assert lines[-1]["go_on"].startswith("bulk fleet resume night")
    figures = values(two.folder / "fleet.prom")
    assert figures["bulk_exit_code"] == {"acme": 0, "beta": 2}
    assert figures["bulk_running"] == {"acme": 0, "beta": 0}
    assert set(figures["bulk_last_success_timestamp_seconds"]) == {"acme"}
    assert figures["bulk_rows_read"]["acme"] == 2
    people(two.folder, ["beta"])
    assert two("fleet", "resume").code == 0
    after = values(two.folder / "fleet.prom")
    assert after["bulk_exit_code"] == {"acme": 0, "beta": 0}
    assert after["bulk_last_success_timestamp_seconds"]["acme"] == figures["bulk_end_timestamp_seconds"]["acme"]
    assert after["bulk_rows_read"] == {"acme": 2, "beta": 2}
    assert two("fleet", "resume").code == 0
    assert values(two.folder / "fleet.prom") == after, "nothing was done, so nothing is told"
    assert [(data["kind"], data["outcome"]) for data in told(two)] == [("fleet", "refused"), ("fleet", "done")]
    assert told(two)[0] == lines[-1] | {"time": told(two)[0]["time"]}


def test_what_bulk_toml_says_tells_of_the_fleet_once_and_of_none_of_its_jobs(two: Shell):
    people(two.folder, ["beta"])
    path = two.folder / "bulk.toml"
    path.write_text(path.read_text() + f'[defaults]\nmetrics = "all.prom"\nnotify = {json.dumps([NOTING])}\n')
    assert two("fleet", "run", "nightly.toml", "--sandbox", "--job", "night").code == 0
    assert [data["kind"] for data in told(two)] == ["fleet"]
    assert values(two.folder / "all.prom")["bulk_exit_code"] == {"acme": 0, "beta": 0}
    (step,) = FleetFolder(two.job("night")).record().steps
    assert not {"notify", "metrics"} & set(step.options)


def test_the_section_fleet_goes_before_the_defaults_and_the_command_line_before_both(two: Shell):
    people(two.folder, ["beta"])
    path = two.folder / "bulk.toml"
    more = f'[defaults]\nmetrics = "no.prom"\n[fleet]\nmetrics = "f.prom"\nnotify = {json.dumps(NOTING)}\n'
    path.write_text(path.read_text() + more)
    assert two("fleet", "run", "nightly.toml", "--sandbox", "--quiet").code == 0
    assert (two.folder / "f.prom").exists()
    assert len(told(two)) == 1
    assert two("fleet", "run", "nightly.toml", "--sandbox", "--quiet", "--metrics", "given.prom").code == 0
    assert (two.folder / "given.prom").exists()
    assert not (two.folder / "no.prom").exists()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("notify = [3]\n", "notify is not as it has to be"),
        ("metrics = 3\n", "metrics is not as it has to be"),
        ('notify = ["http://example.com"]\n', "use https"),
    ],
)
def test_hooks_that_cannot_be_are_refused(two: Shell, more: str, said: str):
    (two.folder / "nightly.toml").write_text(FLEET + more)
    done = two("fleet", "run", "nightly.toml", "--sandbox")
    assert (done.code, two.no_job) == (2, True)
    assert said in " ".join(done.err.split())


@pytest.mark.parametrize("option", ["--notify true", "--metrics x.prom", "--progress plain"])
def test_a_step_has_no_hooks_of_its_own(two: Shell, option: str):
    (two.folder / "nightly.toml").write_text(FLEET.replace("--rate 0", option))
    done = two("fleet", "run", "nightly.toml", "--sandbox")
    assert (done.code, "is the fleet's, not a step's" in " ".join(done.err.split())) == (2, True)


def test_who_finds_the_fleet_at_work_says_so_and_leaves_telling_to_the_run_that_has_it(two: Shell):
    given = ("--sandbox", "--job", "night", "--notify", NOTING, "--progress", "json", "--metrics", "fleet.prom")
    assert two("fleet", "run", "nightly.toml", *given).code == 2
    (two.folder / "fleet.prom").write_text("those of the run at work\n")
    with JobFolder(two.job("night")).locked():
        resumed = two("fleet", "resume", "night", "--progress", "json")
    ended = json.loads(resumed.err.splitlines()[-1])
    assert (resumed.code, ended["outcome"], ended["exit_code"]) == (4, "unfinished", 4)
    assert [data["outcome"] for data in told(two)] == ["refused"]
    assert (two.folder / "fleet.prom").read_text() == "those of the run at work\n"


def test_figures_that_have_no_folder_are_refused_before_there_is_a_fleet(two: Shell):
    done = two("fleet", "run", "nightly.toml", "--sandbox", "--job", "night", "--metrics", "no/fleet.prom")
    assert (done.code, two.no_job) == (2, True)
    assert "Make its folder" in " ".join(done.err.split())


def test_refusals_are_counted_by_account_and_of_this_run_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(TOKEN, KEY)
    played, file = Played(tmp_path, ["acme", "beta"], 8, (PEOPLE,)), tmp_path / "f.prom"
    heard: list[Ended] = []

    class Ears(Silent):
        def note(self, happening: object) -> None:
            if isinstance(happening, Ended):
                heard.append(happening)

    with played.served_all(rate=5) as folder:
        for accounts in (["acme"], ["beta"], []):
            watch = FleetWatch(folder, Hooks(metrics=str(file)), Ears())
            run = FleetRun(folder, accounts, 1, 2, None, watch.told)
            anyio.run(lambda run=run: run.run(signals=False))
            anyio.run(watch.end, result_of(folder, lambda _account: ""))
    refused = {name: sum(status == 429 for *_, status in played.served[name].log) for name in played.names}
    assert all(refused.values())
    assert [one.refusals for one in heard] == [{"429": refused["acme"]}, {"429": refused["beta"]}, {}]
    families = text_string_to_metric_families(file.read_text("utf-8"))
    samples = [one for family in families if family.name == "bulk_refusals" for one in family.samples]
    assert {one.labels["account"]: one.value for one in samples if one.labels["answer"] == "429"} == refused
