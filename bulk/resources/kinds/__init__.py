"""The kinds of columns: how a cell's text becomes a JSON value of the API and how such a value becomes text again.

One object a kind, both directions. Pure: no file, no network, no account. The encodings are those that
ActiveCampaign documents for contact attributes and custom fields.
"""

from __future__ import annotations

from typing import Final

from bulk.resources.kinds.choosing import choose, close_to, find_name
from bulk.resources.kinds.dates import DATE, DATETIME
from bulk.resources.kinds.field_options import CHOICES
from bulk.resources.kinds.kind import Kind, Option, Options, Problem
from bulk.resources.kinds.numbers import CURRENCY, FLAG, ID, MONEY, NUMBER
from bulk.resources.kinds.several import MARK, NAMES, OPTION, OPTIONS, VALUES, join_values, split_values
from bulk.resources.kinds.texts import EMAIL, EMAIL_PATTERN, PERSTAG, TEXT, TEXTAREA

__all__ = [
    "CHOICES", "CURRENCY", "DATE", "DATETIME", "EMAIL", "EMAIL_PATTERN", "FIELD_TYPES", "FLAG", "ID", "MARK",
    "MONEY", "NAMES", "NUMBER", "OPTION", "OPTIONS", "PERSTAG", "TEXT", "TEXTAREA", "VALUES", "Kind", "Option",
    "Options", "Problem", "choose", "close_to", "find_name", "join_values", "split_values",
]  # fmt: skip

# A custom field's type as the API names it -> its kind. Unknown types are text: nothing is lost.
FIELD_TYPES: Final = {
    "text": TEXT,
    "hidden": TEXT,
    "textarea": TEXTAREA,
    "dropdown": OPTION,
    "radio": OPTION,
    "checkbox": OPTIONS,
    "listbox": OPTIONS,
    "date": DATE,
    "datetime": DATETIME,
    "number": NUMBER,
    "currency": MONEY,  # this and the next: of deals and accounts only
    "multiselect": VALUES,
}
