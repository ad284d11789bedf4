"""Which of the records go whose rows a file has no more, as far as that is known before they are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bulk.jobs.open_rows import open_rows
from bulk.jobs.prepared import Prepared
from bulk.model import Json, Row
from bulk.planning.changes import Decision, decided_at_once
from bulk.planning.rows.edited import EditedRows
from bulk.planning.rows.edited_links import EditedLinks
from bulk.planning.state import ContactState
from bulk.planning.writers import Known
from bulk.storage.checkpoint import Checkpoint
from bulk.storage.snapshot import PEOPLE


def going_of(prepared: Prepared, checkpoint: Checkpoint) -> tuple[Prepared, Iterator[list[Row]]]:
    """The rows whose records go, in batches, as far as it is known before they are asked for; and what deletes them."""
    writer = prepared.writer
    assert isinstance(writer, EditedRows | EditedLinks)  # noqa: S101 - there is a baseline

    def going() -> Iterator[list[Row]]:
        for rows in open_rows(prepared, checkpoint):
            missing = [row for row in rows if row.is_missing]
            current = checkpoint.snapshot.known(PEOPLE, [row.key for row in missing])
            yield [row for row in missing if _goes(writer, row, current.get(row.key))]

    return replace(prepared, writer=writer.deletes), going()


def _goes(writer: EditedRows | EditedLinks, row: Row, state: Json) -> bool:
    decided = decided_at_once(writer.decide(row, Known(None if state is None else ContactState.from_json(state))))
    change = decided.change if isinstance(decided, Decision) else None
    return decided is None or (change is not None and not (change.is_nothing or change.failures))
