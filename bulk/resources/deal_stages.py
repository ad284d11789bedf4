"""dealStages: the stages of pipelines, by pipeline and title."""

from __future__ import annotations

from typing import Final

from bulk.resources import references
from bulk.resources.kinds import ID, NUMBER, TEXT
from bulk.resources.spec import Column, Resource

DEAL_STAGES: Final = Resource(
    name="dealStages",
    singular="dealStage",
    key="group+title",
    keys=("group+title", "id"),
    modes=("upsert", "create", "update", "delete"),
    called="title",
    within="group",
    filters={"title": "filters[title]", "d_groupid": "filters[d_groupid]"},
    matched_by=("filters[d_groupid]", "group"),
    about="Stages of pipelines, by pipeline and title.",
    columns=(
        Column("id", ID, writable=False),
        *references.pipeline(),
        Column("title", TEXT, required=True, example="To Contact"),
        Column("order", NUMBER, example="1"),
        Column("dealOrder", TEXT, about="how its deals are ordered"),
        Column("color", TEXT, example="3f3f3f"),
        Column("width", NUMBER, example="280"),
        *(Column(f"cardRegion{number}", TEXT) for number in range(1, 6)),
        Column("cdate", TEXT, writable=False),
        Column("udate", TEXT, writable=False),
    ),
)
