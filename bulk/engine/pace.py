"""What the engine asks of a limit, whoever keeps it."""

from __future__ import annotations

from typing import Protocol, runtime_checkable


class Pace(Protocol):
    """Says when the next request may start; see `RateLimit`."""

    def ready_at(self, now: float) -> float:
        """When the next request may start: `now` means go, infinity that nobody can say yet.

        Does no I/O. Raises `UnfinishedError` if it cannot be found out any more.
        """

    def spend(self, now: float) -> None:
        """Count a request that starts then, as `ready_at` has allowed, or a `Placed` one ahead by `planned_at`."""

    def delayed(self, start: float, now: float) -> None:
        """Count a request that was held up after its start as leaving now."""

    def left(self, start: float, now: float) -> None:
        """Count a request that was counted at `start` as leaving now, over a connection that is made."""

    def pause(self, until: float) -> None:
        """Let nobody start before `until`."""

    def accepted(self, sent_at: float, now: float) -> None:
        """Learn from an answer other than 429."""

    def refused(self, sent_at: float, now: float) -> None:
        """Learn from a 429."""


@runtime_checkable
class Placed(Protocol):
    """A pace that others share: a request has a place in it for a while, and after that the place is another's."""

    def planned_at(self, now: float) -> float:
        """When the next request may start, if that is sure by now; infinity if it has to be asked again."""

    @property
    def place_at(self) -> float:
        """When the request that was counted last has left at the latest, as it is counted."""

    @property
    def place_until(self) -> float:
        """Until when a request may leave by the place that was taken last, by `spend`."""

    def may_leave(self, start: float, until: float, now: float) -> bool:
        """Whether a request may leave now that was counted at `start`, by a place that is its own until then."""
