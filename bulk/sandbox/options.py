"""How the sandbox behaves, in one value."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta, timezone, tzinfo

from bulk.sandbox.faults import Fault
from bulk.sandbox.switches import Switches


# wide: one attribute an option of the sandbox
@dataclass(frozen=True, slots=True)
class SandboxOptions:
    """How the sandbox behaves. `rate` 0: no limit; `window` is sliding, fixed or bucket; times are in seconds.

    `rate` is of each account, `gateway_rate` of the gateway's key, for all accounts together; None: twice the rate.
    `strict`: refused requests count against the limit. Each way takes half the latency, and up to `jitter` more.
    `demo`: the first account comes with lists and custom fields, further ones are empty. `host` is the first account's
    name in links, `zone` the time of all. `browser`: a new connection waits until its link is opened in one.
    """

    rate: float = 5.0
    gateway_rate: float | None = None
    window: str = "sliding"
    strict: bool = False
    latency: float = 0.0
    jitter: float = 0.0
    faults: tuple[Fault, ...] = ()
    seed: int = 0
    key: str = "sandbox"
    host: str = "sandbox.example.com"
    zone: tzinfo = timezone(timedelta(hours=-5))
    demo: bool = True
    browser: bool = True
    switches: Switches = field(default_factory=Switches)
