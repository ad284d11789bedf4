"""A day of work with the tools of `mcp-activecampaign`, a client from PyPI, as it is; set up by the environment.

It keeps to five requests a second by itself, and waits when it is refused.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable
from typing import Any

import pytest
from mcp_activecampaign import server as tools
from mcp_activecampaign.client import ActiveCampaignError


async def told(call: Awaitable[str]) -> Any:
    return json.loads(await call)


async def refused(call: Awaitable[str], status: int) -> ActiveCampaignError:
    with pytest.raises(ActiveCampaignError) as raised:
        await call
    assert raised.value.status == status, raised.value
    return raised.value


async def main() -> None:
    assert (await told(tools.ping()))["status"] == "connected"

    # create, refuse what is there or wrong, change, find
    made = await told(tools.create_contact("kay@example.com", "Kay", "Jo"))
    assert "already exists" in (await refused(tools.create_contact("kay@example.com"), 422)).message
    assert (await refused(tools.create_contact("nobody"), 422)).errors[0]["code"] == "email_invalid"
    client = tools.get_client()
    synced = await client.post("/contact/sync", json={"contact": {"email": "kay@example.com", "phone": "202-555-0143"}})
    assert synced["contact"]["id"] == made["id"]
    assert (await told(tools.update_contact(made["id"], first_name="Kit")))["message"] == "Contact updated."
    result = await told(tools.search_contacts("kay@example"))
    assert (result["total"], result["contacts"][0]["first_name"]) == (1, "Kit")

    # tag, and take the tag off
    tag = await told(tools.create_tag("Guest"))
    link = await told(tools.add_tag_to_contact(made["id"], tag["id"]))
    assert tag["tag"] in json.dumps(await told(tools.list_tags(search="Gue")))
    await tools.remove_tag_from_contact(link["id"])
    await refused(tools.remove_tag_from_contact(link["id"]), 404)

    # lists
    newsletter = (await told(tools.list_lists()))["lists"][0]["id"]
    assert (await told(tools.subscribe_contact_to_list(made["id"], newsletter)))["status"] == "1"
    await tools.unsubscribe_contact_from_list(made["id"], newsletter)
    assert (await told(tools.get_contact(made["id"])))["lists"] == [{"id": newsletter, "status": "2"}]

    # page by page, and many at once
    for number in range(3):
        await tools.create_contact(f"p{number}@example.com")
    pages = [(await told(tools.list_contacts(limit=2, offset=offset)))["contacts"] for offset in (0, 2, 4)]
    assert [len(page) for page in pages] == [2, 2, 0]
    assert len({one["id"] for page in pages for one in page}) == 4
    queued = await told(tools.bulk_import_contacts(json.dumps([{"email": "bulk@example.com", "first_name": "Bo"}])))
    assert queued["message"] == "Contact import queued"

    # automations
    automation = (await told(tools.list_automations()))["automations"][0]["id"]
    await tools.add_contact_to_automation(made["id"], automation)
    assert (await told(tools.list_contact_automations(made["id"])))["total"] == 1

    await tools.delete_contact(made["id"])
    await refused(tools.get_contact(made["id"]), 404)


asyncio.run(main())
