"""Campaigns: mailings that were or will be sent; read only here."""

from __future__ import annotations

from typing import Final

from bulk.resources.kinds import TEXT
from bulk.resources.spec import Column, Resource

CAMPAIGNS: Final = Resource(
    name="campaigns",
    singular="campaign",
    key="id",
    called="name",
    filters={"seriesid": "filters[seriesid]"},
    about="Campaigns and what came of them; read only.",
    columns=tuple(
        Column(name, TEXT, writable=False)
        for name in (
            "id", "name", "type", "status", "public", "segmentid", "segmentname", "cdate", "mdate", "sdate", "ldate",
            "send_amt", "total_amt", "opens", "uniqueopens", "linkclicks", "uniquelinkclicks", "subscriberclicks",
            "forwards", "hardbounces", "softbounces", "unsubscribes", "message_id",
        )
    ),
    notes=("What a mail says is written in ActiveCampaign, not by the API.",),
)  # fmt: skip
