"""No signal hangs: a process that does not end by itself is left."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BUSY = """
import signal, sys, time
from bulk.runtime.watchdog import Watchdog

heard = []
signal.signal(signal.SIGINT, lambda number, frame: heard.append(number))
with Watchdog(float(sys.argv[1])).watching((signal.SIGINT,)):
    print("busy", flush=True)
    seen = 0
    while True:  # as a loop that nothing interrupts
        if len(heard) > seen:
            seen = len(heard)
            print("heard", flush=True)
"""


def busy(grace: float) -> subprocess.Popen[str]:
    line = (sys.executable, "-c", BUSY, str(grace))
    process = subprocess.Popen(line, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "busy\n"
    return process


def interrupt(process: subprocess.Popen[str]) -> None:
    """Send a signal and wait until it was handled."""
    assert process.stdout
    process.send_signal(signal.SIGINT)
    assert process.stdout.readline() == "heard\n"


def test_after_the_second_signal_a_process_ends_within_the_grace():
    with busy(0.1) as process:
        interrupt(process)
        interrupt(process)
        assert process.wait(30) == 128 + signal.SIGINT
        assert process.stderr
        assert "bulk resume" in process.stderr.read()


def test_the_third_signal_ends_it_at_once():
    with busy(3_600) as process:
        interrupt(process)
        interrupt(process)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 128 + signal.SIGINT


def test_one_signal_leaves_it_be():
    with busy(0.0) as process:
        interrupt(process)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.3)
        process.kill()
