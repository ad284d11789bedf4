"""What the shapes of one account have in common: its host in every link, and how moments are written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Row = tuple[Any, ...]
Json = dict[str, Any]


class Shapes:
    """Links of one account's records; `host` is in every one, `root` is what they begin with."""

    def __init__(self, host: str) -> None:
        self.host = host
        self.root = f"https://{host}/api/3"

    def links(self, path: str, *names: str) -> dict[str, str]:
        """Absolute links below a record."""
        return {name: f"{self.root}/{path}/{name}" for name in names}


Shape = Callable[[Shapes, Row], Json]  # how a row of some columns looks


def stamp(moment: str) -> str:
    """A moment as the columns have it whose names say timestamp. §1.3."""
    return moment[:19].replace("T", " ")


def times(created: str, updated: str) -> Json:
    """The four columns that say when a record was made and changed, and by whom, which nobody is."""
    return {
        "created_timestamp": stamp(created), "updated_timestamp": stamp(updated), "created_by": None,
        "updated_by": None,
    }  # fmt: skip
