"""Clients that others wrote, out of PyPI and unchanged, do a day's work against the sandbox."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sandbox_desk import sandbox_at

from bulk.sandbox.serve import listening, server_of
from tests.scale import LONG

CLIENTS = Path(__file__).parent / "clients"


@pytest.mark.parametrize(
    ("script", "rate"),
    [
        ("gearplug.py", 0.0),
        pytest.param(  # it keeps to 5 a second, so it is refused now and then
            "mcp_tools.py",
            4.0,
            marks=pytest.mark.skipif(not LONG, reason="takes a while at its pace: BULK_LONG=1"),
        ),
    ],
)
def test_a_client_from_pypi_does_a_days_work(script: str, rate: float) -> None:
    with sandbox_at(rate=rate) as sandbox, listening("127.0.0.1", 0) as (opened, address):
        server = server_of(sandbox)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [opened]})
        thread.start()
        try:
            environment = {
                "PATH": os.environ["PATH"], "AC_API_URL": address, "AC_API_TOKEN": "sandbox",
                "ACTIVECAMPAIGN_URL": address, "ACTIVECAMPAIGN_API_KEY": "sandbox",
            }  # fmt: skip
            done = subprocess.run(
                [sys.executable, str(CLIENTS / script)], env=environment, capture_output=True, text=True, timeout=120,
                check=False,
            )  # fmt: skip
        finally:
            server.should_exit = True
            thread.join()
        assert done.returncode == 0, done.stderr
        assert bool(sandbox.refused) == bool(rate)
