"""Every endpoint of the sandbox in one table: method and path -> the function that answers.

In a path {} stands for an id, a * at its end for any text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from bulk.sandbox.calls import Answer, Call
from bulk.sandbox.routes import accounts, contacts, fields, links, listing, names, users
from bulk.sandbox.routes.crm_fields import ACCOUNTS

Route = Callable[[Call], Answer]

ROUTES: Final[Mapping[tuple[str, str], Route]] = {
    ("GET", "contacts"): listing.list_contacts,
    ("POST", "contacts"): contacts.create_contact,
    ("POST", "contacts/sync"): contacts.create_contact,  # the plural is a trap: a plain create
    ("POST", "contact/sync"): contacts.sync_contact,
    ("GET", "contacts/{}"): contacts.one_contact,
    ("PUT", "contacts/{}"): contacts.update_contact,
    ("PATCH", "contacts/{}"): contacts.update_contact,
    ("DELETE", "contacts/{}"): contacts.delete_contact,
    ("GET", "contacts/{}/contactTags"): contacts.below("contactTags"),
    ("GET", "contacts/{}/contactLists"): contacts.below("contactLists"),
    ("GET", "contacts/{}/fieldValues"): contacts.below("fieldValues"),
    ("GET", "contacts/{}/accountContacts"): contacts.below("accountContacts"),
    ("GET", "contactTags"): links.list_links("contactTags"),
    ("POST", "contactTags"): links.add_tag,
    ("GET", "contactTags/{}"): links.one_link("contactTags", "contactTag"),
    ("DELETE", "contactTags/{}"): links.delete_link("contactTags"),
    ("GET", "contactLists"): links.list_links("contactLists"),
    ("POST", "contactLists"): links.set_list,
    ("GET", "contactLists/{}"): links.one_link("contactLists", "contactList"),
    ("GET", "fieldValues"): links.list_links("fieldValues"),
    ("POST", "fieldValues"): links.post_field_value,
    ("GET", "fieldValues/{}"): links.one_link("fieldValues", "fieldValue"),
    ("PUT", "fieldValues/{}"): links.update_field_value,
    ("DELETE", "fieldValues/{}"): links.delete_link("fieldValues"),
    ("GET", "accountContacts"): links.list_links("accountContacts"),
    ("POST", "accountContacts"): links.join_account,
    ("GET", "accountContacts/{}"): links.one_link("accountContacts", "accountContact"),
    ("PUT", "accountContacts/{}"): links.update_account_contact,
    ("DELETE", "accountContacts/{}"): links.delete_link("accountContacts"),
    ("GET", "tags"): names.list_tags,
    ("POST", "tags"): names.create_tag,
    ("GET", "tags/{}"): names.one_tag,
    ("PUT", "tags/{}"): names.update_tag,
    ("PATCH", "tags/{}"): names.update_tag,
    ("DELETE", "tags/{}"): names.delete_tag,
    ("GET", "lists"): names.list_lists,
    ("POST", "lists"): names.create_list,
    ("GET", "lists/{}"): names.one_list,
    ("PUT", "lists/{}"): names.update_list,
    ("PATCH", "lists/{}"): names.update_list,
    ("DELETE", "lists/{}"): names.delete_list,
    ("GET", "fields"): fields.list_fields,
    ("POST", "fields"): fields.create_field,
    ("GET", "fields/{}"): fields.one_field,
    ("PUT", "fields/{}"): fields.update_field,
    ("DELETE", "fields/{}"): fields.delete_field,
    ("GET", "fields/{}/options"): fields.field_options,
    ("GET", "fields/{}/relations"): fields.field_relations,
    ("POST", "fieldOption/bulk"): fields.create_options,
    ("GET", "fieldOptions/{}"): fields.one_option,
    ("DELETE", "fieldOptions/{}"): fields.delete_option,
    ("POST", "fieldRels"): fields.create_relation,
    ("GET", "fieldRels/{}"): fields.one_relation,
    ("DELETE", "fieldRels/{}"): fields.delete_relation,
    ("GET", "accounts"): accounts.list_accounts,
    ("POST", "accounts"): accounts.create_account,
    ("DELETE", "accounts/bulk_delete"): accounts.delete_accounts,
    ("GET", "accounts/{}"): accounts.one_account,
    ("PUT", "accounts/{}"): accounts.update_account,
    ("PATCH", "accounts/{}"): accounts.update_account,
    ("DELETE", "accounts/{}"): accounts.delete_account,
    ("GET", "accountCustomFieldMeta"): ACCOUNTS.list_meta,
    ("POST", "accountCustomFieldMeta"): ACCOUNTS.create_metum,
    ("GET", "accountCustomFieldMeta/{}"): ACCOUNTS.one_metum,
    ("PUT", "accountCustomFieldMeta/{}"): ACCOUNTS.update_metum,
    ("DELETE", "accountCustomFieldMeta/{}"): ACCOUNTS.delete_metum,
    ("GET", "accountCustomFieldData"): ACCOUNTS.list_data,
    ("POST", "accountCustomFieldData"): ACCOUNTS.create_datum,
    ("POST", "accountCustomFieldData/bulkCreate"): ACCOUNTS.create_data,
    ("PATCH", "accountCustomFieldData/bulkUpdate"): ACCOUNTS.update_data,
    ("GET", "accountCustomFieldData/{}"): ACCOUNTS.one_datum,
    ("PUT", "accountCustomFieldData/{}"): ACCOUNTS.update_datum,
    ("DELETE", "accountCustomFieldData/{}"): ACCOUNTS.delete_datum,
    ("GET", "users"): users.list_users,
    ("POST", "users"): users.create_user,
    ("GET", "users/me"): users.me,
    ("GET", "users/email/*"): users.user_by("email"),
    ("GET", "users/username/*"): users.user_by("username"),
    ("GET", "users/{}"): users.one_user,
    ("PUT", "users/{}"): users.update_user,
    ("DELETE", "users/{}"): users.delete_user,
}
