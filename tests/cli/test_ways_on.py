"""What a command says at its end fits: no way on that cannot help, and no question that nobody can answer."""

from __future__ import annotations

import io
import json
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Shell

Write = Callable[..., Path]


def test_a_retry_of_rows_that_were_rejected_names_their_file_and_sends_nothing(bulk: Shell, csv_file: Write):
    bulk.sandbox("import", csv_file("email\na@example.com\nnobody\n"), "--job", "job", "--blank", "clear")
    before = bulk.summary("job")["requests"]
    for line in (["retry"], ["retry", "job"]):
        result = bulk(*line)
        assert result.code == 1, "some rows are not done"
        assert "failed.csv" in result.err
        assert result.err.splitlines()[-1].strip().startswith("bulk import contacts ")
        assert "--blank clear" in result.err
    assert bulk.summary("job")["requests"] == before


@pytest.mark.parametrize("line", [("resume",), ("retry",), ("resume", "job"), ("retry", "job")])
def test_where_nothing_is_left_to_send_that_is_said_though_the_file_is_gone(
    bulk: Shell, csv_file: Write, line: tuple[str, ...]
):
    path = csv_file("email\na@example.com\n")
    assert bulk.sandbox("import", path, "--job", "job").code == 0
    path.unlink()
    before = bulk.summary("job")
    result = bulk(*line)
    assert (result.code, result.err) == (0, "")
    assert result.out == "Nothing to send again: job is finished, no row failed.\n"
    assert json.loads(bulk(*line, "--json").out) == before == bulk.summary("job")


def test_a_finished_export_has_nothing_to_go_on_with_and_its_retry_names_no_way_that_is_none(bulk: Shell):
    assert bulk.sandbox("export", "out.csv", "--job", "job").code == 0
    assert (bulk("resume", "job").code, bulk("resume").code) == (0, 0)
    refused = bulk("retry", "job")
    assert refused.code == 2
    assert "bulk resume" not in refused.err
    assert bulk("retry").code == 2, "there is no import"


def test_a_resume_by_no_name_passes_over_no_job_that_is_left(bulk: Shell, csv_file: Write):
    path = csv_file("email,firstName\na@example.com,A\nb@example.com,B\n")
    bulk.sandbox("import", path, "--mode", "update", "--max-errors", "1", "--concurrency", "1", "--job", "cut")
    bulk.sandbox("import", path, "--job", "done")
    assert "Going on with cut" in bulk("resume", "--max-errors", "9").err
    assert "Nothing to send again: done" in bulk("resume").out
    assert "Going on with cut" in bulk("retry").err


def test_of_a_folder_whose_rows_were_rejected_nothing_is_sent_again(bulk: Shell, tmp_path: Path):
    folder = tmp_path / "whole"
    folder.mkdir()
    (folder / "contacts.csv").write_text("email\na@example.com\nnobody\n")
    assert bulk("import", "all", folder, "--sandbox", "--rate", "0", "--job", "job").code == 1
    for name in ("resume", "retry"):
        result = bulk(name, "job")
        assert result.code == 1
        assert f"Correct them in {folder} and import that folder anew." in result.err


def test_an_address_that_is_taken_is_named_with_who_has_it_and_no_retry_is_offered(bulk: Shell, csv_file: Write):
    bulk.sandbox("import", csv_file("email\na@example.com\nb@example.com\n"), "--job", "two")
    ids = [line.split(",")[0] for line in bulk.sandbox("export", "-", "--plain").out.splitlines()[1:]]
    made = bulk.sandbox("import", csv_file("email\nb@example.com\n"), "--mode", "create", "--job", "made")
    assert "b@example.com: Email address already exists" in made.out
    moved = bulk.sandbox("import", csv_file(f"id,email\n{ids[0]},b@example.com\n"), "--key", "id", "--job", "moved")
    assert "b@example.com" in moved.out
    assert f"id {ids[1]} has it" in moved.out
    for result, job in ((made, "made"), (moved, "moved")):
        assert result.code == 1
        assert "bulk retry" not in result.out
        assert bulk.summary(job)["requests"] < 10


@pytest.mark.parametrize("command", [("sandbox", "reset"), ("connections", "delete", "ID", "--sandbox")])
def test_a_question_that_nobody_answers_names_the_option_that_answers_it(
    bulk: Shell, csv_file: Write, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
):
    bulk.sandbox("import", csv_file("email\na@example.com\n"))
    line = bulk("connections", "list", "--sandbox").out.splitlines()[1]
    monkeypatch.setattr("sys.stdin", io.StringIO())
    result = bulk(*(line.split()[0] if part == "ID" else part for part in command))
    assert result.code == 2
    assert "--yes" in result.err
    assert "a@example.com" in bulk.sandbox("export", "-").out


def test_where_nobody_answers_it_is_said_soon_and_the_command_to_give_again_last(
    bulk: Shell, csv_file: Write, monkeypatch: pytest.MonkeyPatch
):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv("BULK_BASE_URL", f"http://127.0.0.1:{closed.getsockname()[1]}")
    monkeypatch.setenv("MATON_API_KEY", "k")
    monkeypatch.setenv("MATON_CONNECTION", "c")
    monkeypatch.setattr("bulk.engine.retry.FIRST_BACK_OFF", 0.03)
    monkeypatch.setattr("bulk.runtime.stop.SILENCE", 0.1)
    monkeypatch.setattr("bulk.runtime.stop.LOOK_EVERY", 0.05)
    path = csv_file("email\na@example.com\n")
    for command in (["import", "contacts", path, "--rate", "0"], ["export", "contacts", "out.csv", "--rate", "0"]):
        line = list(map(str, command))
        result = bulk(*line)
        assert result.code == 4
        told = result.err.splitlines()
        assert sum("It is tried again" in said for said in told) == 1
        assert told[-1].strip() == "bulk " + " ".join(line)
        assert result.err.count("Reading: 0") <= 1
    assert bulk.no_job


def test_a_file_of_ids_is_told_of_the_key_that_fits(bulk: Shell, csv_file: Write):
    path = csv_file("id\n1\n")
    assert "--key id" in bulk("import", "deals", path, "--mode", "delete", "--yes", "--sandbox").err
    assert "--key id" in bulk("validate", "contacts", path).err
    assert "--key id" not in bulk("validate", "contacts", path, "--mode", "create").err
