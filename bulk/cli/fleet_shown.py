"""How a fleet stands, on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bulk.cli import display, terminal
from bulk.wording import counted, duration

if TYPE_CHECKING:
    from bulk.fleet.fleet_folder import AccountState
    from bulk.fleet.table import FleetResult


def show_fleet(result: FleetResult, *, as_json: bool, quiet: bool, running: bool = False) -> None:
    """Show it, `quiet`: only what is not done, on standard error. `running`: by somebody else, just now."""
    from bulk.fleet.fleet_folder import DONE_WELL  # noqa: PLC0415 - heavy, not for --help
    from bulk.fleet.table import CSV  # noqa: PLC0415

    if as_json:
        display.show_json(result.to_json())
        return
    if not quiet:
        told = ", ".join(f"{count:,} {state}" for state, count in result.counts.items())
        terminal.tell(f"{counted(len(result.states), 'account')}: {told}")
        rows = ", ".join(f"{count:,} {word}" for word, count in result.told_rows.items())
        terminal.tell(f"{counted(result.rows['read'], 'row')}: {rows}" if rows else "No rows yet")
    width = max((len(state.account) for state in result.states), default=0)
    for state in result.states:
        files = result.to_correct(state)
        if state.state not in DONE_WELL or files:
            for line in (account_line(state, width), *(f"  {file}" for file in files)):
                terminal.tell("  " + line, err=quiet)
    if quiet:
        return
    if any(map(result.to_correct, result.states)):
        terminal.tell("Correct the cells in these files, and import each:\n  bulk import RESOURCE FILE --account NAME")
    if running:
        terminal.tell("It is at work.")
        return
    if (result.folder / CSV).exists():  # not of one that was killed
        terminal.tell(f"All of them: {result.folder / CSV}, .json and .html")
    if not result.complete:
        terminal.tell(f"To go on with what is not done:\n  {result.resume}")


def account_line(state: AccountState, width: int) -> str:
    """How an account stands, in a line; `width` is that of the longest name, in characters."""
    from bulk.fleet.table import told_rows  # noqa: PLC0415 - heavy, not for --help

    told = ", ".join(f"{count:,} {word}" for word, count in told_rows(state).items()) or "no rows"
    error = f"  {state.error.splitlines()[0]}" if state.error else ""
    return terminal.one_line(f"{state.account:{width}}  {state.state:11}  {told}  {duration(state.seconds)}{error}")
