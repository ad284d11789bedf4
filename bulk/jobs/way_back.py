"""What a job that has ended knows of its own undoing, without looking at each change that it has made."""

from __future__ import annotations

from typing import NamedTuple

from bulk.planning.undo.reversals import Reversal
from bulk.storage import facts
from bulk.storage.checkpoint import Checkpoint


class WayBack(NamedTuple):
    """`undoable`: an undo has something to put back. `untold` rows were changed, and what was there is not known."""

    undoable: bool
    untold: int


def way_back(checkpoint: Checkpoint) -> WayBack:
    """How far what the job has changed can be undone; of a job that has changed nothing, it is not, and of no row."""
    made = checkpoint.fact(facts.MADE_NAMES)
    untold = checkpoint.rows.untold_count()
    if untold and any(made.values()):  # of an undo: what was made before its lines is told by itself
        ids = {(family, identity) for family, names in made.items() for identity in names.values()}
        resources = {number: Reversal.from_json(data).resource for number, data in checkpoint.undoing.all()}
        rows = checkpoint.rows.untold() if resources else ()
        untold -= sum((resources.get(row), checkpoint.rows.id_of(row)) in ids for row in rows)
    return WayBack(any(made.values()) or checkpoint.rows.told(), untold)
