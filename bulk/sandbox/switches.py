"""Behaviours for which there is no sure source, each with the default that is most likely. §11, §12.

One table: what a switch is called, where the documentation leaves it open, and what it may be set to.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final

from bulk.errors import UsageError
from bulk.messages import Part
from bulk.resources.likeness import nearest

STATUSES: Final = (200, 201)


def _switch(default: Any, section: str, about: str, *choices: Any) -> Any:
    """A switch: the first of its choices is the default; without choices any value of the default's type will do."""
    return field(default=default, metadata={"section": section, "about": about, "choices": (default, *choices)})


# wide: one attribute a switch, each with what is unknown about the API
@dataclass(frozen=True, slots=True)
class Switches:
    """How the sandbox behaves where nobody knows how ActiveCampaign does; each is told by `table()`."""

    # contacts
    synced: int = _switch(200, "§11", "the status of an update by contact/sync", 201)
    email: str = _switch("sent", "§12", "an address is stored as sent, or in lower case", "lower")
    duplicate_contact: str = _switch(
        "probed", "§11", "the error of an address that is taken: as probed in 2026, or as documented", "documented"
    )
    keyset_total: str = _switch("all", "§5", "under id_greater the total counts all contacts, or the rest", "rest")
    include: bool = _switch(True, "§11", "include is heeded, or passed over", False)
    most_per_page: int = _switch(100, "§12", "what a larger limit is cut to")
    collation: str = _switch(
        "casefold", "§12", "names and addresses are one by full case folding, as in MySQL also without accents, or by"
        " the case of single letters", "mysql", "letters"
    )  # fmt: skip
    # what belongs to contacts
    new_contact_tag: int = _switch(201, "§11", "the status of a first contactTag", 200)
    new_field_value: int = _switch(201, "§11", "the status of a first fieldValue", 200)
    missing_link: int = _switch(404, "§11", "the status of a fieldValue, fieldRel or list that is not there", 403)
    resubscribe: str = _switch(
        "works", "§12", "who left a list may return without sourceid, or it is refused", "wants sourceid"
    )
    option_not_listed: str = _switch("stored", "§12", "a value that is no option is stored, or dropped", "dropped")
    # names
    duplicate_tag: str = _switch("refused", "§11", "a tag that is there is refused, or answered with", "existing")
    duplicate_list: str = _switch("made", "§12", "a second list of one stringid is made, or refused", "refused")
    fields_per_page: int = _switch(20, "§11", "the page of /fields without a limit", 100)
    new_field: str = _switch("record", "§11", "POST /fields answers with the field, or with a list of it", "list")
    perstag_taken: str = _switch("shared", "§12", "a perstag that is taken is shared, or gets a number", "numbered")
    # the CRM
    new_record: int = _switch(201, "§11", "the status of a new list, pipeline or stage", 200)
    new_account_field: int = _switch(201, "§8", "the status of a new custom field of accounts", 200)
    new_deal_field: int = _switch(201, "§11", "the status of a new custom field of deals", 200)
    crm_totals: str = _switch("number", "§11", "the total of notes, pipelines and stages is a number", "string")
    deal_title: str = _switch("contains", "§7.2", "the filter of deals by title: contains, or equals", "equals")
    deleted_pipeline: str = _switch(
        "hides", "§7.2", "deleting a pipeline hides its deals, takes them along, or is refused", "takes", "refused"
    )
    deleted_stage: str = _switch("takes", "§7.2", "deleting a stage takes its deals along, or is refused", "refused")
    deals_left: str = _switch("kept", "§7.2", "deals of a deleted contact or account are kept, or deleted", "deleted")
    webhook_filter: str = _switch("equals", "§7.4", "a filter of webhooks: equals, or contains", "contains")
    # the bulk importer
    import_seconds: float = _switch(6.0, "§6.3", "until a batch is completed")
    import_success_key: str = _switch("success", "§11", "the key that says a batch is queued", "Success")
    import_success: str = _switch("all", "§11", "ids of a batch: of all contacts, or of those it created", "created")
    import_blanks: str = _switch("overwrite", "§12", "a blank value overwrites, or is passed over", "ignored")
    import_twice: str = _switch("last", "§12", "of one address twice in a batch the last counts, or the first", "first")
    import_unknown: str = _switch(
        "ignored", "§12", "an id of no field or list is passed over, or fails the contact", "fails"
    )
    import_apostrophe: str = _switch("refused", "§6.2", "an apostrophe before the @ fails later, or not", "taken")
    import_order: str = _switch(
        "in turn", "§6.5", "batches are applied as they came, or each second one in half the time", "overtaking"
    )
    import_excludes: str = _switch(
        "both", "§6.1", "exclude_automations is heeded beside the contacts and inside one, or in one place only",
        "payload", "contact",
    )  # fmt: skip
    import_enrols: bool = _switch(
        False, "§6.5", "a contact of a batch enters all active automations, unless they are excluded", True
    )
    import_counts: bool = _switch(True, "§6.1", "the importer's calls count against the requests a second", False)
    import_refusals: str = _switch(
        "free", "§6.2", "a batch that is refused for its rate counts in its minute, or not", "count"
    )
    import_kept: float = _switch(0.0, "§12", "seconds for which it can be asked what became of a batch; 0: for good")
    unknown_batch: int = _switch(
        400, "§12", "the status of a batchId that is not known; 200 comes with the status false", 404, 200
    )
    # the way in
    bad_token: int = _switch(403, "§11", "the status of a wrong Api-Token", 401)
    refusal_text: str = _switch("Too Many Requests", "§12", "the message of a 429")
    gateway_retry_after: bool = _switch(True, "§12", "the gateway passes Retry-After on", False)
    unchosen_connection: str = _switch(
        "first", "§12", "of several connections the gateway takes the first, or refuses the call", "refused"
    )
    new_connection: str = _switch(
        "wrapped", "§12", "POST /connections answers {connection: ...}, or the connection itself", "bare"
    )


def table() -> list[tuple[str, str, str, str]]:
    """Every switch: name, its choices (the default first), the section that leaves it open, what it means."""
    rows = []
    for one in fields(Switches):
        choices = [_text(choice) for choice in one.metadata["choices"]]
        other = "number" if isinstance(one.default, int | float) else "text"
        said = " or ".join(choices) if len(choices) > 1 else f"{choices[0]}, or any other {other}"
        rows.append((one.name, said, one.metadata["section"], one.metadata["about"]))
    return rows


def switched(given: Iterable[str]) -> Switches:
    """The switches as `NAME=VALUE` sets them. Raises `UsageError` for what there is not."""
    known = {one.name: one for one in fields(Switches)}
    chosen: dict[str, Any] = {}
    for text in given:
        name, equals, value = text.partition("=")
        name = name.strip().casefold().replace("-", "_")
        if name not in known or not equals:
            close = nearest(name, known)
            hint = Part.of("nearest", names=close) if close else Part.of("switches_listed")
            raise UsageError("switch_unknown", text=text, switch=name, hint=hint)
        chosen[name] = _value(name, value.strip(), known[name].metadata["choices"])
    return replace(Switches(), **chosen)


def _value(name: str, text: str, choices: tuple[Any, ...]) -> Any:
    result = next((choice for choice in choices if _text(choice).casefold() == text.casefold()), None)
    if result is not None:
        return result
    if len(choices) == 1:
        try:
            return type(choices[0])(text)
        except ValueError:
            pass
    wanted = " or ".join(map(_text, choices)) if len(choices) > 1 else f"a number, like {choices[0]}"
    raise UsageError("switch_value_invalid", switch=name, value=text, wanted=wanted)


def _text(choice: Any) -> str:
    return {True: "yes", False: "no"}[choice] if isinstance(choice, bool) else str(choice)
