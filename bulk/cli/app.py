"""`bulk app`."""

from __future__ import annotations

import contextlib
import gc
import webbrowser
from typing import Any

import click

from bulk.cli import options, terminal
from bulk.cli.account import needed_account
from bulk.cli.command import Command


@click.command("app", cls=Command)
@options.where
@click.option("--rate", type=float, metavar="N", help="Requests a second of its jobs; 0: no limit (sandbox).")
@click.option("--port", type=click.IntRange(0, 65535), default=0, metavar="N", help="Where to listen.  [default: any]")
@click.option("--no-browser", is_flag=True, help="Only print the address.")
@options.jobs_dir
def app_command(*, rate: float | None, port: int, no_browser: bool, jobs_dir: str, **chosen: Any) -> int:
    """Open a page in your browser that does all of this.

    Drop a file, match its columns, see what would happen, run it, take it
    back. The page is for you alone: the address that is printed lets in one
    browser, once. Jobs begun there go on with bulk resume here, and the other
    way round.
    Ctrl-C ends it; a job at work stops cleanly then.
    """
    from bulk.app.opening import opened_in_browser  # noqa: PLC0415 - heavy, not for --help
    from bulk.app.server import serve  # noqa: PLC0415

    account = needed_account(chosen)
    jobs = options.jobs_folder(jobs_dir)
    with contextlib.ExitStack() as stack:

        def ready(address: str) -> None:
            terminal.echo(address)
            terminal.echo("Open this address in a browser on this machine; Ctrl-C ends it.", err=True)
            if not no_browser:
                stack.enter_context(opened_in_browser(address, jobs, webbrowser.open))

        gc.freeze()
        serve(account, jobs, port, ready, rate=rate)
    return 0
