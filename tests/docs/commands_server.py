"""Runs the `bulk` of a shell script in processes forked from one that has imported it all: `commands_server.py SOCKET`.

`client` is the program that the script calls `bulk`: it hands its folder, environment, arguments and streams over. A
command goes as it stands, but for two things: without a pace of its own it goes without one (`--rate 0`, which is for
sandboxes only), and one that would serve until it is stopped (`app`, `sandbox serve`) takes a free port and is stopped
by Ctrl-C once it has said where it listens.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import sys
from importlib import import_module
from pathlib import Path

import click

from tests.forked import IMPORTED

_ALSO = (  # what one command or the other takes besides
    "bulk.__main__", "bulk.app.server", "bulk.library.comparing", "bulk.library.doctor", "bulk.library.functions",
    "bulk.library.plans", "bulk.library.reporting", "bulk.library.running", "bulk.library.sandbox",
    "bulk.sandbox.serve",
)  # fmt: skip
CLIENT = """#!{python} -IS
import os, sys, _socket
asking = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
asking.connect({socket!r})
fds = b"".join(number.to_bytes(4, sys.byteorder) for number in (0, 1, 2))
variables = (f"{{name}}={{value}}" for name, value in os.environ.items())
order = "\\0".join([os.getcwd(), str(len(sys.argv) - 1), *sys.argv[1:], *variables])
content = order.encode("utf-8", "surrogateescape")
asking.sendmsg([len(content).to_bytes(4, "big")], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, fds)])
asking.send(content)
sys.exit(int(asking.recv(16)))
"""


def client(socket_path: Path) -> str:
    return CLIENT.format(python=sys.executable, socket=str(socket_path))


def _order(connection: socket.socket) -> tuple[list[int], str, list[str], dict[str, str]]:
    head, fds, _flags, _address = socket.recv_fds(connection, 4, 3)
    content = b""
    while len(content) < int.from_bytes(head, "big"):
        content += connection.recv(65536)
    folder, count, *rest = content.decode("utf-8", "surrogateescape").split("\0")
    environment = dict(line.split("=", 1) for line in rest[int(count) :])
    return fds, folder, rest[: int(count)], environment


def _serves(arguments: list[str]) -> bool:
    return (arguments[:1] == ["app"] or arguments[:2] == ["sandbox", "serve"]) and "--help" not in arguments


def _paced(arguments: list[str]) -> list[str]:
    from bulk.cli.main import bulk

    command = bulk.commands.get(arguments[0]) if arguments else None
    has_pace = isinstance(command, click.Command) and any(one.name == "rate" for one in command.params)
    return [*arguments, "--rate", "0"] if has_pace and "--rate" not in arguments else arguments


def _run(fds: list[int], folder: str, arguments: list[str], environment: dict[str, str]) -> int:
    """In a process of its own: the command."""
    from bulk.__main__ import main

    for number, fd in enumerate(fds):
        os.dup2(fd, number)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - for the process' life
    sys.stdout, sys.stderr = (open(number, "w", encoding="utf-8", closefd=False) for number in (1, 2))  # noqa: SIM115
    sys.__stdout__, sys.__stderr__ = sys.stdout, sys.stderr  # type: ignore[misc] - as they are from the start
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["bulk", *_paced(arguments)]
    try:
        main()
    except SystemExit as left:
        sys.stdout.flush()
        sys.stderr.flush()
        return left.code if isinstance(left.code, int) else int(bool(left.code))
    return 0


def _until_it_serves(fds: list[int], folder: str, arguments: list[str], environment: dict[str, str]) -> int:
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        os.close(reading)
        os._exit(_run([fds[0], writing, writing], folder, [*arguments, "--port", "0"], environment))
    os.close(writing)
    with os.fdopen(reading, "rb") as said:
        told = said.readline()
        while told and b"http://" not in told:  # an error has no address, and ends by itself
            os.write(fds[1], told)
            told = said.readline()
        if told:
            os.kill(process, signal.SIGINT)
        os.write(fds[1], told + said.read())
    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    return 0 if code == 130 else code


def _answer(connection: socket.socket) -> None:
    order = _order(connection)
    if _serves(order[2]):
        code = _until_it_serves(*order)
        connection.sendall(str(code).encode())
        os._exit(0)
    process = os.fork()
    if process == 0:
        os._exit(_run(*order))
    connection.sendall(str(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])).encode())
    os._exit(0)


if __name__ == "__main__":
    for module in (*IMPORTED, *_ALSO):
        import_module(module)
    gc.collect()
    gc.freeze()  # what all share is not searched, nor copied, by each
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(sys.argv[1])
        listening.listen()
        print(json.dumps({"ready": True}), flush=True)  # noqa: T201
        at_work: set[int] = set()
        while True:
            asked, _ = listening.accept()
            at_work -= {process for process in at_work if os.waitpid(process, os.WNOHANG)[0]}
            process = os.fork()
            if process == 0:
                listening.close()
                _answer(asked)
            at_work.add(process)
            asked.close()
