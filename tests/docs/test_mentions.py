"""What the pages mention in their text is there: commands, options, codes. What stands in their fences runs besides."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from bulk.cli.main import bulk
from tests.docs.pages import GENERATED, ROOT, name_of, outside_fences, pages, text_of

WRITTEN = [page for page in pages() if page.name not in GENERATED]
OF_OTHERS = {"--user", "--userns", "--network", "--local-directory"}  # of docker, podman and dask, by themselves


def options(command: click.Command) -> set[str]:
    """The options of a command and of those below it."""
    result = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    return result.union(*map(options, getattr(command, "commands", {}).values()), {"--help"})


def command_of(words: list[str]) -> click.Command | None:
    """The command that a line begins with; None where there is no such command."""
    command: click.Command = bulk
    while words and isinstance(command, click.Group) and not words[0].startswith("-"):
        if words[0] not in command.commands:
            return None
        command = command.commands[words.pop(0)]
    return command


@pytest.mark.parametrize("page", WRITTEN, ids=name_of)
def test_every_option_that_a_page_mentions_is_one(page: Path) -> None:
    text = re.sub(r"`(?:docker|podman|pip|mkdocs|systemctl)\b[^`]*`", "", outside_fences(page))
    mentioned = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text))
    assert mentioned - options(bulk) - OF_OTHERS == set()


@pytest.mark.parametrize("page", WRITTEN, ids=name_of)
def test_every_command_that_a_page_mentions_is_one_and_has_these_options(page: Path) -> None:
    wrong = []
    for line in re.findall(r"`bulk ([^`\n]+)`", outside_fences(page)):
        words = [word for word in line.split() if word != "…"]
        command = command_of(words)
        if command is None or not {word for word in words if word.startswith("--")} <= options(command):
            wrong.append(line)
    assert wrong == []


def test_the_readme_is_a_screen_and_a_half_and_says_how_the_tests_are_run() -> None:
    lines = text_of(ROOT / "README.md").splitlines()
    assert len(lines) <= 75
    assert len([line for line in lines if re.match(r"python3 -m venv .*pytest", line)]) == 1  # .ci/run takes it


def test_what_is_not_there_is_noticed() -> None:
    assert command_of(["imports", "contacts"]) is None
    assert command_of(["sandbox", "serve", "--rate", "5"]) is not None
    assert "--on-duplicate" in options(bulk)
    assert "--twice" not in options(bulk)
