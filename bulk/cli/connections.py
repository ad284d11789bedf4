"""`bulk connections list|create|show|delete`."""

from __future__ import annotations

import signal
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, TypeVar

import click

from bulk.cli import complete, display, options, questions, terminal
from bulk.cli.account import account_of
from bulk.cli.command import Group
from bulk.cli.configured import config
from bulk.errors import InterruptedJobError, UsageError
from bulk.library.choices import METHODS

if TYPE_CHECKING:
    from bulk.library import Account
    from bulk.library.connections import Connection, Gateway

Result = TypeVar("Result")


@click.group("connections", cls=Group)
def connections_group() -> None:
    """The gateway's connections to ActiveCampaign accounts."""


@connections_group.command("list")
@options.gateway
@options.as_json
def list_command(sandbox: bool, base_url: str, as_json: bool) -> int:
    """List the connections of the key."""
    result = _asked(_access(sandbox=sandbox, base_url=base_url), lambda gateway: gateway.connections())
    if as_json:
        display.show_json([asdict(one) | {"account": config().name_of(one.id)} for one in result])
    elif not result:
        terminal.echo(f"There are no connections. Make one: bulk connections create{_flag(sandbox=sandbox)} --wait")
    else:
        names = {one.id: config().name_of(one.id) for one in result}
        account = f"  {'METHOD':7}  ACCOUNT" if any(names.values()) else "  METHOD"
        terminal.echo(f"{'ID':36}  {'STATUS':7}  {'MADE (UTC)':16}{account}")
        for one in result:
            terminal.echo(f"{one.id:36}  {one.status:7}  {one.made:16}  {one.method:7}  {names[one.id]}".rstrip())
    return 0


@connections_group.command("create")
@options.gateway
@click.option("--method", type=click.Choice(METHODS, case_sensitive=False), help="How it is to sign in.")
@click.option("--wait", is_flag=True, help="Wait until the link was opened and it is active.")
@click.option(
    "--timeout",
    callback=options.duration,
    metavar="TIME",
    default="10m",
    show_default=True,
    help="Wait at most so long.",
)
@options.as_json
def create_command(sandbox: bool, base_url: str, method: str | None, wait: bool, timeout: float, as_json: bool) -> int:
    """Make a connection, and print the link to open."""
    from bulk.library.connections import ACTIVE  # noqa: PLC0415 - not for --help
    from bulk.wording import duration  # noqa: PLC0415

    def tell(line: str) -> None:
        terminal.echo(line, err=True)

    async def ask(gateway: Gateway) -> Connection:
        made = await gateway.create(method or "")
        if made.status == ACTIVE:
            return made
        terminal.echo(f"The connection {made.id} waits for you.", err=as_json)
        terminal.echo(f"Open this link in a browser and sign in to ActiveCampaign:\n\n  {made.url}\n", err=as_json)
        if not wait:
            terminal.echo(f"Then see whether it is active:\n  bulk connections show {made.id}", err=as_json)
            return made
        tell(f"Waiting until it is active, {duration(timeout)} at most; Ctrl-C stops the waiting only.")
        return await gateway.wait(made, tell, seconds=timeout)

    try:
        made = _asked(_access(sandbox=sandbox, base_url=base_url), ask)
    except KeyboardInterrupt:
        raise InterruptedJobError("waiting_interrupted", signal.SIGINT) from None
    if as_json:
        display.show_json(asdict(made))
    elif made.status == ACTIVE:
        terminal.echo(f"The connection {made.id} is active.")
        if sandbox:
            terminal.echo("(At once: the embedded sandbox needs no browser. Its account is empty.)")
        terminal.echo(f"Use it:{_flag(sandbox=sandbox)} --connection {made.id}")
    return 0


@connections_group.command("show")
@click.argument("connection", shell_complete=complete.accounts)
@options.gateway
@options.as_json
def show_command(connection: str, sandbox: bool, base_url: str, as_json: bool) -> int:
    """Show one CONNECTION: its id, how that begins, or its name in bulk.toml."""
    from bulk.library.connections import ACTIVE, FAILED  # noqa: PLC0415 - not for --help

    identity = _identity_of(connection)
    result = _asked(_access(sandbox=sandbox, base_url=base_url), lambda gateway: gateway.show(identity))
    if as_json:
        display.show_json(asdict(result))
        return 0
    flag = _flag(sandbox=sandbox)
    steps = {
        ACTIVE: f"To see whose account it opens:\n           bulk doctor{flag} --connection {result.id}",
        FAILED: f"Delete it and make a new one:\n           bulk connections create{flag} --wait",
    }
    terminal.echo(f"{result.id}  {result.status}")
    terminal.echo(f"  made     {result.made} UTC\n  changed  {result.changed} UTC\n  method   {result.method}")
    if result.status not in steps:
        terminal.echo(f"  link     {result.url}")
    terminal.echo(f"  next     {steps.get(result.status, 'Open the link in a browser and sign in to ActiveCampaign.')}")
    return 0


@connections_group.command("delete")
@click.argument("connection", shell_complete=complete.accounts)
@options.gateway
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete_command(connection: str, sandbox: bool, base_url: str, yes: bool) -> int:
    """Delete one CONNECTION, by its id, how that begins, or its name in bulk.toml.

    The account itself keeps all it has.
    """
    access, identity = _access(sandbox=sandbox, base_url=base_url), _identity_of(connection)
    if not yes:
        result = _asked(access, lambda gateway: gateway.show(identity))
        terminal.echo(
            f"{result.id}  {result.status}  {result.made}\nJobs that use it cannot go on without it.", err=True
        )
        if not questions.answered("Delete this connection?"):
            raise UsageError("connection_kept")
    deleted = _asked(access, lambda gateway: gateway.delete(identity))
    terminal.echo(f"Deleted the connection {deleted}.")
    return 0


def _identity_of(given: str) -> str:
    """The connection that bulk.toml calls so, else what was given."""
    names = config().accounts
    return names[given].connection or given if given in names else given


def _access(*, sandbox: bool, base_url: str) -> Account:
    """The way to the gateway; raises `UsageError` if there is none."""
    access = account_of({"sandbox": sandbox, "base_url": base_url, "connection": "", "account": ""})
    if access is None:
        raise UsageError("gateway_key_missing")
    return access


def _asked(access: Account, ask: Callable[[Gateway], Awaitable[Result]]) -> Result:
    """What the gateway says to this."""
    import anyio  # noqa: PLC0415 - not for --help

    from bulk.library.connections import gateway  # noqa: PLC0415

    async def run() -> Result:
        async with gateway(access) as opened:
            return await ask(opened)

    return anyio.run(run)


def _flag(*, sandbox: bool) -> str:
    return " --sandbox" if sandbox else ""
