"""A day of work with `activecampaign-python`, a client from PyPI, as it is; the address stands in the environment."""

from __future__ import annotations

import os

from activecampaign.client import Client

client = Client(os.environ["AC_API_URL"], os.environ["AC_API_TOKEN"])
contacts, tags, lists = client.contacts, client.tags, client.lists

# create, refuse what is there, sync, read
made = contacts.create_a_contact({"contact": {"email": "kay@example.com", "firstName": "Kay"}})["contact"]
again = contacts.create_a_contact({"contact": {"email": "kay@example.com"}})
assert again["errors"][0]["code"] == "duplicate", again
synced = contacts.create_or_update_contact({"contact": {"email": "kay@example.com", "lastName": "Jo"}})["contact"]
assert synced["id"] == made["id"]
result = contacts.retrieve_a_contact(made["id"])["contact"]
assert (result["firstName"], result["lastName"]) == ("Kay", "Jo")
assert (
    contacts.update_a_contact(made["id"], {"contact": {"phone": "202-555-0143"}})["contact"]["phone"] == "202-555-0143"
)

# tag, and take the tag off
tag = tags.create_a_tag({"tag": {"tag": "Guest", "tagType": "contact", "description": ""}})["tag"]
link = contacts.add_a_tag_to_contact({"contactTag": {"contact": made["id"], "tag": tag["id"]}})["contactTag"]
assert [one["tag"] for one in contacts.retrieve_contact_tags(made["id"])["contactTags"]] == [tag["id"]]
assert contacts.remove_a_tag_from_a_contact(link["id"]) == {}
assert contacts.retrieve_contact_tags(made["id"])["contactTags"] == []

# subscribe and unsubscribe
newsletter = lists.retrieve_all_lists()["lists"][0]
for status in (1, 2):
    wanted = {"contactList": {"list": newsletter["id"], "contact": made["id"], "status": status}}
    assert str(contacts.update_list_status_for_a_contact(wanted)["contactList"]["status"]) == str(status)

# custom fields
field = contacts.create_a_custom_field({"field": {"title": "Shoe size", "type": "text"}})["field"]
value = {"fieldValue": {"contact": made["id"], "field": field["id"], "value": "40"}}
contacts.create_a_custom_field_value(value)
assert contacts.retrieve_a_contacts_field_values(made["id"])["fieldValues"][0]["value"] == "40"

# page by page
for number in range(25):
    contacts.create_or_update_contact({"contact": {"email": f"p{number}@example.com"}})
seen: list[str] = []
while True:
    page = contacts.list_all_contacts(limit=10, offset=len(seen))
    seen += [one["email"] for one in page["contacts"]]
    if len(seen) >= int(page["meta"]["total"]):
        break
assert len(seen) == len(set(seen)) == 26, seen

# deals and notes
stage = client.deals.list_all_stages()["dealStages"]
pipelines = client.deals.list_all_pipelines()["dealGroups"]
assert isinstance(stage, list)
assert isinstance(pipelines, list)
note = client.notes.create_a_note({"note": {"note": "Called", "relid": made["id"], "reltype": "Subscriber"}})["note"]
assert client.notes.retrieve_a_note(note["id"])["note"]["note"] == "Called"

# gone is gone
assert contacts.delete_a_contact(made["id"]) == {}
assert "No Result found for Subscriber" in contacts.retrieve_a_contact(made["id"])["message"]
