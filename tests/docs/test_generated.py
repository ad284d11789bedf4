"""The generated pages are as the code is, so that every command, option, code, variable and file has its place."""

from __future__ import annotations

import html
import re
import shutil
import subprocess
from collections.abc import Iterator

import click
import pytest

from bulk import errors
from bulk.cli import facts
from bulk.cli.commands_page import all_commands
from bulk.cli.main import bulk
from bulk.cli.reference import pages
from bulk.fleet import fleet_file
from bulk.library import config
from bulk.messages import GROUPS
from bulk.messages.page import place_of
from bulk.messages.rows import ROWS
from tests.docs.pages import DOCS, ROOT, text_of

MANUAL = DOCS / "bulk.1"
AGAIN = "write it anew: python -m bulk.cli.reference docs"


@pytest.mark.parametrize("page", pages(DOCS), ids=lambda page: page.name)
def test_a_page_is_the_one_that_is_generated(page) -> None:
    assert page.read_text(encoding="utf-8") == pages(DOCS)[page], AGAIN


def commands(group: click.Group = bulk, names: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        yield " ".join((*names, name)), command
        if isinstance(command, click.Group):
            yield from commands(command, (*names, name))


def test_every_command_and_each_of_its_options_has_its_place() -> None:
    text = html.unescape(text_of(DOCS / "commands.md"))
    sections = dict(re.findall(r"^#{2,3} bulk ([^\n]+)\n(.*?)(?=^#{2,3} |\Z)", text, re.MULTILINE | re.DOTALL))
    assert sections.keys() == dict(commands()).keys() == {" ".join(names) for names, _command in all_commands()}
    for name, command in commands():
        for one in command.params:
            if isinstance(one, click.Argument):
                assert one.make_metavar(click.Context(command)) in sections[name], (name, one.name)
            elif not one.hidden:
                told = re.findall(r"<code>(.*?)</code>", sections[name])
                assert any(set(one.opts) <= set(re.split(r"[ ,]+", option)) for option in told), (name, one.opts)


def test_every_code_of_an_error_can_be_linked_to() -> None:
    codes = {code for group in GROUPS for texts in group.TEXTS.values() for code in texts} | set(ROWS)
    places = re.findall(r'<a id="([^"]+)"></a>', text_of(DOCS / "errors.md"))
    assert len(places) == len(set(places))
    assert {place_of(code) for code in codes if code != "reader_gone"} <= set(places)  # that one says nothing


def test_every_exit_code_has_its_place() -> None:
    kinds = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, errors.BulkError)]
    ends = {str(kind.exit_code) for kind in kinds} | {"0", "1", "130", "143"}
    assert {code for code, _meaning in facts.EXIT_CODES} == ends


def test_every_variable_that_is_read_has_its_place() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "bulk").rglob("*.py"))
    told = {name for name, _meaning in facts.ENVIRONMENT}
    read = set(re.findall(r'"((?:BULK|MATON|AC)_[A-Z_]+|XDG_[A-Z_]+)"', code))
    assert read <= told
    assert all(name in code for name in told - {"TMPDIR"})


def test_every_file_of_a_job_has_its_place() -> None:
    code = "\n".join(
        path.read_text(encoding="utf-8") for room in ("storage", "jobs") for path in (ROOT / "bulk" / room).glob("*.py")
    )
    named = re.findall(r"^[A-Z_, ]+(?:: Final)? = (\"[\w.]+\.(?:csv|json|sqlite)\".*)$", code, re.MULTILINE)
    files = {name for line in named for name in re.findall(r'"([\w-]+\.(?:csv|json|sqlite))"', line)}
    assert len(files) > 10
    not_of_a_job = {"manifest.json"}  # of a folder that an export writes
    assert files - not_of_a_job <= {name for name, _meaning in facts.JOB_FILES}


def test_every_key_of_bulk_toml_has_its_place() -> None:
    told = {name for name, _meaning in facts.CONFIG_KEYS}
    assert {re.match(r"\[(\w+)", name)[1] for name in told} == set(config.SECTIONS)
    assert {f"[accounts.NAME] {key}" for key in config.OF_ACCOUNT} <= told
    assert {f"[fleet] {key}" for key in fleet_file.KEYS} <= told
    assert f": {fleet_file.AT_ONCE}." in dict(facts.CONFIG_KEYS)["[fleet] at_once"]


@pytest.mark.skipif(shutil.which("groff") is None, reason="no groff is there to read it")
def test_the_man_page_is_read_without_a_warning_and_keeps_to_its_columns() -> None:
    shown = subprocess.run(
        ("groff", "-man", "-Tutf8", "-ww", "-P-cbou", "-rLL=80n", str(MANUAL)),
        check=True,
        capture_output=True,
        text=True,
    )
    assert shown.stderr == ""
    assert max(map(len, shown.stdout.splitlines())) <= 80
    for heading in ("NAME", "SYNOPSIS", "BULK IMPORT", "EXIT STATUS", "ENVIRONMENT", "EXAMPLES"):
        assert f"\n{heading}\n" in shown.stdout
    assert "--on-duplicate" in shown.stdout
    assert "·" not in text_of(MANUAL)  # what is beyond ASCII is written out, so that no troff guesses
    assert text_of(MANUAL).isascii()


def test_the_wheel_has_the_man_page() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert '"docs/bulk.1" = "share/man/man1/bulk.1"' in project
