"""What the pages call things: kinds and states of jobs, actions of plans and reports, columns. One table each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bulk.library.results import PLANNED
from bulk.messages.rows import ROWS
from bulk.wording import FrontEnd, in_words_of, marked

PAGE: Final = FrontEnd.PAGE
_CHOICES: Final = ("baseline=none", "on_conflict=sheet")  # marks of what is said while a job runs and chosen here
KINDS: Final[Mapping[str, str]] = {"import": "Import", "export": "Export", "plan": "Plan", "undo": "Undo"}
STATES: Final[Mapping[str, str]] = {
    "finished": "Done", "unfinished": "Stopped, can go on", "cut off": "Cut off, can go on",
    PLANNED: "Planned, not run yet", "stopped": "Stopped: the file has to be corrected",
}  # fmt: skip
PHASES: Final[Mapping[str, str]] = {
    "checking": "Checking the file", "sending": "Sending", "planning": "Comparing with the account",
    "reading": "Reading the account",
}  # fmt: skip
ACTIONS: Final[Mapping[str, str]] = {
    "create": "New", "update": "Changed", "delete": "Deleted", "unchanged": "Stays as it is", "reject": "Not possible",
    "conflict": "Changed on both sides, left alone", "subscribe": "Subscribed to a list",
    "unsubscribe": "Unsubscribed from a list", "add_tag": "Gets a tag", "remove_tag": "Loses a tag",
    "opted_out": "Not subscribed",
}  # fmt: skip
BACK: Final[Mapping[str, str]] = {  # what an undo does
    "create": "To make again", "update": "To change back", "delete": "To delete again",
    "subscribe": "To subscribe again", "unsubscribe": "To unsubscribe", "add_tag": "To give the tag back",
    "remove_tag": "To take the tag away",
}  # fmt: skip
OUTCOMES: Final[Mapping[str, str]] = {
    "created": "New", "updated": "Changed", "deleted": "Deleted", "unchanged": "Stayed as they were",
    "rejected": "Not sent: a cell has to be corrected", "failed": "Failed", "in_doubt": "In doubt: no answer came",
    "skipped": "Left aside, as you chose", "unprocessed": "Not finished yet",
    "not_subscribed": "Not subscribed, the rest of the row is done",
}  # fmt: skip
UNDO_TITLES: Final[Mapping[str, str]] = {
    "row": "Row", "resource": "Of", "id": "Its id", "action": "What", "column": "Column", "expected_now": "Now",
    "back_to": "Back to",
}  # fmt: skip
DIFFERENCES: Final[Mapping[str, str]] = {
    "only_in_a": "Only in A", "only_in_b": "Only in B", "ambiguous": "Shares its key with others",
    "does_not_fit": "Does not fit the titles",
}  # fmt: skip
FILTERS: Final[Mapping[str, str]] = {
    "listid": "On the list", "tagid": "With the tag (its id)", "status": "Status", "formid": "By the form (its id)",
    "seriesid": "In the automation (its id)", "segmentid": "In the segment (its id)",
    "email_like": "E-mail address like", "phone": "Phone", "created_before": "Made before",
    "created_after": "Made after", "updated_before": "Changed before", "updated_after": "Changed after",
    "name": "Name", "title": "Title", "minimum_value": "Worth at least", "maximum_value": "Worth at most",
    "stage": "Stage (its id)", "group": "Pipeline (its id)", "owner": "Owner (the id)",
    "organization": "Account (its id)",
}  # fmt: skip
TYPES: Final[Mapping[str, str]] = {  # of custom fields
    "text": "text", "textarea": "long text", "date": "date", "datetime": "date and time", "number": "number",
}  # fmt: skip
CONNECTIONS: Final[Mapping[str, str]] = {
    "ACTIVE": "Active", "PENDING": "Waits for somebody to sign in", "FAILED": "Failed",
}  # fmt: skip
CONSENT: Final = ("opted_out", "unconfirmed", "bounced", "unclear", "excluded")  # codes of whom nobody subscribes
COLUMNS: Final[Mapping[str, str]] = {
    "email": "E-mail address", "firstName": "First name", "lastName": "Last name", "phone": "Phone",
    "tags": "Tags to add", "remove_tags": "Tags to remove", "lists": "Lists to subscribe to",
    "unsubscribe_lists": "Lists to leave", "account": "Account (company)",
}  # fmt: skip
EXPORTED: Final[Mapping[str, str]] = {  # columns that mean something else in what is read
    "id": "Id", "tags": "Tags", "lists": "Lists that they are on", "unsubscribe_lists": "Lists that they have left",
    "cdate": "Made at", "udate": "Changed at",
}  # fmt: skip
RESOURCES: Final[Mapping[str, str]] = {
    "all": "A whole account", "contacts": "Contacts (people)", "tags": "Tags", "contactTags": "Tags of contacts",
    "lists": "Lists", "contactLists": "Contacts on lists", "contactAutomations": "Contacts in automations",
    "fields": "Custom fields", "fieldValues": "Values of custom fields", "deals": "Deals",
    "dealStages": "Stages of pipelines", "dealGroups": "Pipelines", "accounts": "Accounts (companies)",
    "accountContacts": "Contacts of accounts", "notes": "Notes", "webhooks": "Webhooks", "automations": "Automations",
    "campaigns": "Campaigns", "accountCustomFieldMeta": "Custom fields of accounts",
    "dealCustomFieldMeta": "Custom fields of deals", "users": "Users",
}  # fmt: skip


def meaning(code: str) -> str:
    """What the code of a row means, for a person; the code itself where nothing is known of it."""
    known = ROWS.get(code)
    return code.replace("_", " ") if known is None else in_words_of(PAGE, known[0])


def said(text: str) -> str:
    """A text of the library, as the page says it; also one that a job has written as the command line says it."""
    for mark in _CHOICES:
        text = text.replace(marked(mark, FrontEnd.COMMAND_LINE), marked(mark, PAGE))
    return in_words_of(PAGE, text)
