"""`bulk sandbox serve|seed|reset`."""

from __future__ import annotations

import gc
import re
import secrets
import time
from pathlib import Path

import click

from bulk.cli import questions, terminal
from bulk.cli.account import sandbox_folder
from bulk.cli.command import Group
from bulk.errors import UsageError
from bulk.wording import as_typed

LOOPBACK = ("127.0.0.1", "::1", "localhost")
SOME = click.FloatRange(min=0)
MANY = click.IntRange(min=0)


@click.group("sandbox", cls=Group)
def sandbox_group() -> None:
    """The local ActiveCampaign stand-in, to rehearse on."""


@sandbox_group.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, metavar="HOST", help="Where to listen.")
@click.option("--port", type=click.IntRange(0, 65535), default=8025, show_default=True, metavar="N", help="0: any.")
@click.option("--rate", type=SOME, default=5.0, show_default=True, metavar="N", help="Of an account; 0: no limit.")
@click.option("--gateway-rate", type=SOME, metavar="N", help="Of all accounts together.  [default: twice --rate]")
@click.option("--window", type=click.Choice(["sliding", "fixed", "bucket"]), default="sliding", show_default=True)
@click.option("--latency", type=SOME, default=0.0, metavar="SECONDS", help="Of every answer.")
@click.option("--jitter", type=SOME, default=0.0, metavar="SECONDS", help="More, at random.")
@click.option("--faults", metavar="FILE", help="A TOML file of [[fault]] tables: bulk sandbox faults.")
@click.option("--switch", "switches", multiple=True, metavar="NAME=VALUE", help="Set one of: bulk sandbox switches.")
@click.option("--key", metavar="KEY", help="What opens it.  [default: a new one each time]")
@click.option("-q", "--quiet", is_flag=True, help="No request log.")
def serve_command(
    host: str,
    port: int,
    key: str | None,
    quiet: bool,
    faults: str | None,
    switches: tuple[str, ...],
    **behaviour: object,
) -> int:
    """Serve the sandbox on a port of this machine.

    Prints the lines that point bulk, or another program, at it. A browser shows at the same address how it is doing.
    """
    from bulk.library import sandbox as library  # noqa: PLC0415 - not for --help

    scenario = library.load_faults(Path(faults)) if faults else ()
    if host not in LOOPBACK:
        terminal.echo(
            f"Warning: {host} can be reached from other machines, and the key travels there in clear.", err=True
        )
    if key is not None and not re.fullmatch(r"[!-~]+", key):
        raise UsageError("sandbox_key_invalid")
    key = key or f"sandbox-{secrets.token_hex(16)}"  # so that no page in a browser can guess it
    switched = library.switched(switches)
    given = library.SandboxOptions(faults=scenario, switches=switched, key=key, **behaviour)  # type: ignore[arg-type]  # click has checked the types
    with library.open_sandbox(sandbox_folder(), given) as sandbox:
        if not quiet:
            sandbox.log = _log

        def ready(address: str) -> None:
            terminal.echo(f"export BULK_BASE_URL={address}\nexport MATON_API_KEY={as_typed(given.key)}")
            terminal.echo(
                f"The sandbox is at {address}; Ctrl-C ends it. Paste the two lines above elsewhere.", err=True
            )

        gc.freeze()  # what is loaded by now stays; to look through it takes longer than requests lie apart
        library.serve(sandbox, host, port, ready)
        terminal.echo(
            f"{sandbox.requests:,} requests, {sandbox.refused:,} refused, at most {sandbox.observed_max} in a second.",
            err=True,
        )
    return 0


def _log(method: str, path: str, status: int) -> None:
    terminal.echo(f"{time.strftime('%H:%M:%S')} {method:6} {path} {status or 'dropped'}", err=True)


@sandbox_group.command("seed")
@click.option("--contacts", type=MANY, default=1000, show_default=True, metavar="N")
@click.option("--accounts", type=MANY, default=0, metavar="N", help="More than those of the contacts.")
@click.option("--pipelines", type=MANY, default=0, metavar="N", help="More than there are.")
@click.option("--hidden-pipelines", "hidden", type=MANY, default=0, metavar="N", help="Of them, not to be seen by you.")
@click.option("--deals", type=MANY, default=0, metavar="N", help="Over all pipelines.")
@click.option("--notes", type=MANY, default=0, metavar="N", help="About contacts, deals and accounts.")
@click.option("--exclusions", type=MANY, default=0, metavar="N", help="Addresses that no bulk import takes.")
@click.option("--seed", "seed_number", type=int, default=0, show_default=True, metavar="N", help="Of the chance.")
@click.option("--skewed-ids", is_flag=True, help="Ids as in an old account: few and far between, then bunched.")
def seed_command(contacts: int, exclusions: int, seed_number: int, skewed_ids: bool, **amounts: int) -> int:
    """Add made-up contacts to the sandbox, and what they trade."""
    from bulk.library.sandbox import Amounts, Seed, seed_sandbox  # noqa: PLC0415 - not for --help

    seeds = Seed(contacts, exclusions, Amounts(**amounts), seed_number, skewed_ids)
    total = seed_sandbox(sandbox_folder(), seeds)
    terminal.echo(f"Added {contacts:,} contacts; the sandbox holds {total:,}.")
    amounts |= {"exclusions": exclusions}
    if more := ", ".join(f"{count:,} {name}" for name, count in amounts.items() if count and name != "hidden"):
        terminal.echo(f"Added {more}.")
    return 0


@sandbox_group.command("switches")
@click.option("--markdown", is_flag=True, help="As in docs/sandbox.md.")
def switches_command(markdown: bool) -> int:
    """List the behaviours that nobody is sure of, for serve --switch."""
    from bulk.library.sandbox import switches_as  # noqa: PLC0415 - not for --help

    terminal.echo(switches_as(markdown=markdown))
    return 0


@sandbox_group.command("faults")
@click.option("--markdown", is_flag=True, help="As in docs/sandbox.md.")
def faults_command(markdown: bool) -> int:
    """List what a file for serve --faults may hold."""
    from bulk.library.sandbox import faults_as  # noqa: PLC0415 - not for --help

    terminal.echo(faults_as(markdown=markdown))
    return 0


@sandbox_group.command("reset")
@click.option("--yes", is_flag=True, help="Do not ask.")
def reset_command(yes: bool) -> int:
    """Forget everything in the sandbox."""
    from bulk.library.sandbox import reset_sandbox, sandbox_files  # noqa: PLC0415 - not for --help

    folder = sandbox_folder()
    if not sandbox_files(folder):
        terminal.echo("The sandbox is empty already.")
        return 0
    if not yes and not questions.answered(f"Delete everything in the sandbox in {folder}?"):
        raise UsageError("sandbox_kept")
    reset_sandbox(folder)
    terminal.echo("The sandbox is empty.")
    return 0
