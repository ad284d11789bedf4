"""`bulk doctor`."""

from __future__ import annotations

import shutil
import textwrap
from typing import TYPE_CHECKING, Any

import click

from bulk.cli import display, options, terminal
from bulk.cli.account import sandbox_folder, way
from bulk.cli.command import Command

if TYPE_CHECKING:
    from bulk.library.doctor import Finding

NARROWEST, WIDEST = 40, 100
MARKS = {"ok": "ok", "problem": "PROBLEM", "unknown": "-"}


@click.command("doctor", cls=Command)
@options.where
@options.as_json
def doctor_command(as_json: bool, **chosen: Any) -> int:
    """Check key, address, connection and account.

    Says what to do about each problem. Reads only, in two requests or so, and
    never shows the key. Exit code 0: all is well; 1: something is wrong;
    2: there is no key, or an option or variable with which nothing can be
    asked.
    """
    import anyio  # noqa: PLC0415 - not for --help

    from bulk.library.doctor import State, examine, examine_sandbox  # noqa: PLC0415

    base_url, connection, variables = way(chosen)
    findings: list[Finding] = []

    def tell(finding: Finding) -> None:
        findings.append(finding)
        if not as_json:
            _show(finding)

    async def run() -> None:
        if chosen["sandbox"]:
            await examine_sandbox(sandbox_folder(), tell, connection=connection)
        else:
            await examine(tell, variables, base_url=base_url, connection=connection)

    anyio.run(run)
    problems = sum(finding.state is State.PROBLEM for finding in findings)
    if as_json:
        display.show_json({"ok": not problems, "checks": [_told(finding) for finding in findings]})
    elif not problems:
        terminal.echo("All is well.")
    if any(finding.blocks for finding in findings):
        return 2
    return 1 if problems else 0


def _told(finding: Finding) -> dict[str, Any]:
    """The finding for programs."""
    steps = [step.strip() for step in finding.steps]
    return {"check": finding.check, "state": finding.state, "said": finding.said, "steps": steps}


def _show(finding: Finding) -> None:
    width = max(NARROWEST, min(WIDEST, shutil.get_terminal_size().columns))
    head = f"{MARKS[finding.state]:8} {finding.check:12} "
    terminal.echo(_wrapped(finding.said, head, " " * len(head), width))
    for step in finding.steps:
        # a command stays on its line, to be copied
        terminal.echo(f"  {step}" if step.startswith("  ") else _wrapped(step, "  ", "  ", width))


def _wrapped(text: str, first: str, others: str, width: int) -> str:
    return textwrap.fill(
        text, width, initial_indent=first, subsequent_indent=others, break_long_words=False, break_on_hyphens=False
    )
