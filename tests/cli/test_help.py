"""Help: in groups, as wide as the terminal; and options that stand before their command."""

import click
import pytest

from bulk.cli.command import HEADINGS, Command, in_order
from bulk.cli.main import SECTIONS
from bulk.cli.main import bulk as root


def every_command(group=root, *names):
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from every_command(command, *names, name)
        else:
            yield (*names, name), command


COMMANDS = dict(every_command())


def test_every_command_stands_under_one_heading(bulk):
    shown = bulk("--help").out
    assert [command for commands in SECTIONS.values() for command in commands] == list(root.commands.values())
    assert all(f"\n{heading}:\n" in shown for heading in SECTIONS)
    assert all(f"\n  {name} " in shown for name in root.commands)
    assert "..." not in shown.split("\n", 1)[1]  # nothing is cut off


def test_the_options_of_an_import_stand_under_headings_and_none_is_lost(bulk):
    shown = bulk("import", "--help").out
    headings = [line[:-1] for line in shown.splitlines() if line.endswith(":") and not line.startswith(" ")]
    assert headings == [*HEADINGS, "Options"]
    assert shown.split("\nOptions:\n")[1].split()[-6:] == ["--help", "Show", "this", "message", "and", "exit."]
    names = {name for one in COMMANDS[("import",)].params if isinstance(one, click.Option) for name in one.opts}
    assert [name for name in names if name not in shown] == []


@pytest.mark.parametrize("columns", [80, 100, 120])
@pytest.mark.parametrize("name", COMMANDS, ids=" ".join)
def test_help_fits_the_terminal_and_uses_it(bulk, name, columns, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = bulk(*name, "--help").out.splitlines()
    assert max(map(len, lines)) <= columns
    if name == ("import",):
        assert max(map(len, lines)) > columns - 20


@pytest.mark.parametrize("name", [(), ("import",), ("connections",), ("connections", "list")], ids=" ".join)
def test_help_is_a_command_too(bulk, name):
    assert bulk("help", *name).out == bulk(*name, "--help").out
    assert bulk("help", *name).code == 0


def test_help_of_no_command_names_the_nearest(bulk):
    done = bulk("help", "improt")
    assert (done.code, "Nearest: import" in done.err) == (2, True)


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("--sandbox import contacts a.csv", "import --sandbox contacts a.csv"),
        ("--rate 3 -q import contacts a.csv", "import --rate 3 -q contacts a.csv"),
        ("--rate=3 import contacts", "import --rate=3 contacts"),
        ("--config x.toml --sandbox jobs", "--config x.toml jobs --sandbox"),
        ("--sandbox connections list", "connections list --sandbox"),
        ("--split-name import contacts", "import --split-name contacts"),
        ("--split-name=Name import contacts", "import --split-name=Name contacts"),
        ("--nonsense import contacts", "--nonsense import contacts"),
        ("--version", "--version"),
        ("import contacts --rate 3", "import contacts --rate 3"),
        ("--sandbox", "--sandbox"),
        ("", ""),
    ],
)
def test_options_before_a_command_are_meant_for_it(given, meant):
    assert in_order(given.split(), root) == meant.split()
    assert in_order(meant.split(), root) == meant.split()


def test_a_command_understands_what_stands_before_it(bulk, csv_file):
    assert bulk("--sandbox", "--rate", "0", "import", "contacts", csv_file("email\na@example.com\n")).code == 0


def test_an_option_that_the_command_lacks_is_refused_by_its_name(bulk):
    done = bulk("--sandbox", "presets")
    assert done.code == 2
    assert "--sandbox" in done.err


@pytest.mark.parametrize("name", COMMANDS, ids=" ".join)
def test_every_command_has_what_every_command_has(name):
    assert isinstance(COMMANDS[name], Command)
    about_jobs = any(one.name in ("sandbox", "jobs_dir") for one in COMMANDS[name].params)
    assert any(one.name == "config" for one in COMMANDS[name].params) == about_jobs


@pytest.mark.parametrize("name", COMMANDS, ids=" ".join)
def test_every_option_of_what_talks_to_an_account_has_its_heading(name):
    options = [one.name for one in COMMANDS[name].params if isinstance(one, click.Option)]
    known = {option for under in HEADINGS.values() for option in under}
    if len(options) > 6 and name[0] != "sandbox":
        assert set(options) <= known
