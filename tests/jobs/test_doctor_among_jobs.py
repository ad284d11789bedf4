"""The doctor's requests are counted among those of the jobs on the account, and it looks all the same where not."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import anyio
import pytest

from bulk.access import doctor, shared_limit_file
from bulk.access.account import Account, sharing
from bulk.access.doctor import examine_sandbox
from bulk.access.finding import Finding
from bulk.api.probe import Seen
from bulk.model import Reply
from tests.virtual import run


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """When it looked; the first time it is told that this was one too many."""
    times: list[float] = []

    async def look(_client: object, _request: object) -> Seen:
        times.append(anyio.current_time())
        return Seen(Reply(429 if len(times) == 1 else 200, {}), 0.0)

    monkeypatch.setattr(doctor, "look", look)
    monkeypatch.setattr(doctor, "PAUSE", 0.001)
    monkeypatch.setattr(shared_limit_file, "time", SimpleNamespace(monotonic=anyio.current_time))
    return times


def test_it_waits_for_its_turn_and_a_refusal_holds_everybody_up(tmp_path: Path, looks: list[float]):
    account = Account(sandbox_folder=tmp_path / "sandbox")
    findings: list[Finding] = []

    async def main() -> None:
        async with sharing(account, 5.0, lambda _said: None) as limit:
            assert limit is not None
            limit.settle("sandbox.example.com")
            for _start in range(5):
                await limit.turn()
            await examine_sandbox(tmp_path / "sandbox", "", findings.append)
            await limit.turn()
            assert anyio.current_time() > looks[-1], "and the next starts after it"

    run(main)
    assert looks[0] >= 1.0, "the job had used up the first second"
    assert looks[1] >= looks[0] + 1.0, "after a refusal nobody starts for a second"
    assert findings


def test_where_nothing_can_be_shared_it_looks_all_the_same(
    tmp_path: Path, looks: list[float], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "state").write_text("a file")
    variables = {"AC_API_URL": "http://127.0.0.1:9", "AC_API_TOKEN": "s3cret-s3cret"}
    findings: list[Finding] = []
    run(doctor.examine, variables, findings.append)
    assert len(looks) == 2
    assert findings
