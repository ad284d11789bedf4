"""What the codes of rows mean that are not done: `_code` in failed.csv, `code` of a failed row in a program.

The texts of rows are made where they are found out, for they speak of cells; what each code means stands here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_CORRECT: Final = "Correct the cell in failed.csv and import that file."
_LATER: Final = "⟦retry⟧: it is read first, and sent again only if it was not done."

REFUSAL: Final = "http_…"  # many codes: http_422, or one of ActiveCampaign's own
ROWS: Final[Mapping[str, tuple[str, str]]] = {
    # never sent: the row itself is wrong
    "required": ("A cell is empty that every row needs.", "Fill it in, or take the row out."),
    "contradiction": ("Two cells of the row want what does not go together.", "Keep one of the two."),
    "duplicate_key": (
        "An earlier row has the same key, and counts.",
        "Remove one of the rows, or say which one counts with ⟦on_duplicate⟧.",
    ),
    "too_few_cells": ("The row has fewer cells than the header.", "Add the missing cells."),
    "too_many_cells": (
        "The row has more cells than the header.",
        "Remove the extra cells; quote a cell that holds a delimiter.",
    ),
    "value_without_header": ("A column without a name has a value here.", "Name the column, or empty the cell."),
    "nul_character": ("The row holds a NUL character, which no text has.", "Take it out, or export the file again."),
    "cell_error": ("A cell of the workbook shows an error, like #REF!.", "Correct its formula, or type the value."),
    "formula_without_value": (
        "A cell of the workbook holds a formula that was never calculated.",
        "Open the file in a spreadsheet program and save it there; or type the value.",
    ),
    "digits_lost": (
        "A cell of the workbook is a number of more than 15 digits, of which a spreadsheet keeps no more.",
        "Format the column as text, and type or paste the number again.",
    ),
    "no_date": ("A cell of the workbook is formatted as a date and is none.", "Type the date, like 2026-05-28."),
    "cell_merged": (
        "A cell of the workbook is merged with another, and holds nothing of its own.",
        "Take the merge apart, and write into each cell what it is to hold.",
    ),
    "changed_meanwhile": (
        "What the row changes is not as it was when the plan was made, so nothing was done.",
        "Look at both values, and make a new plan.",
    ),
    "not_made": (
        "An earlier row makes what this one needs, or stands instead of it, and was not done.",
        "⟦retry⟧ sends both again, that one first.",
    ),
    "conflict": (
        "The file and the account changed the same cell since the export, so the account's was kept.",
        "Look at both values; ⟦on_conflict=sheet⟧ sends the file's.",
    ),
    "changed_since": (
        "Somebody changed it after the job that is undone, so it is left alone.",
        "Look at both values, and change it by hand if it is to go back.",
    ),
    "invisible_character": ("An address holds a character that cannot be seen.", "Type the address anew."),
    "damaged": (
        "The cell looks spoilt by a spreadsheet, like 4.47912E+11.",
        "Correct the cell; if it is meant so: ⟦allow_damaged⟧.",
    ),
    "cannot_remove": (
        "Options or stages were taken out of a cell, or put into another order: they are only ever added.",
        "Put them back; or take them away in ActiveCampaign.",
    ),
    "cannot_clear": (
        "Names cannot be cleared as a whole.",
        "Name what is to go in remove_tags or unsubscribe_lists.",
    ),
    "…_invalid": ("The cell is not what its column holds; each kind of column has its own such code.", _CORRECT),
    "email_invalid": ("The cell is no e-mail address.", _CORRECT),
    "date_ambiguous": (
        "The cell is a date that can be read in two ways.",
        "Say with ⟦date_format⟧ how dates stand in the file, or write it like 2026-05-28.",
    ),
    "date_invalid": ("The cell is no date.", "Write it like 2026-05-28."),
    "datetime_invalid": ("The cell is no date and time.", "Write it as the message says."),
    "datetime_unclear": (
        "The clocks are put forward or back at that time, so it was never, or twice.",
        "Write it with its offset from UTC.",
    ),
    "datetime_without_offset": (
        "The time does not say its offset from UTC.",
        "Say with ⟦timezone⟧ where times are meant, or write it as the message says.",
    ),
    "number_invalid": ("The cell is no number.", "Write digits with a point, like 1234.5; no grouping."),
    "id_invalid": ("The cell is no id of ActiveCampaign.", "An id is a whole number, like 123."),
    "money_invalid": ("The cell is no amount of money.", "Write it like 156.24; no grouping, no sign."),
    "currency_invalid": ("The cell is no currency.", "Write its three letters, like usd or eur."),
    "flag_invalid": ("The cell is neither yes nor no.", "Write 1 or 0."),
    "unknown_option": ("The cell is not one of the options of its column.", "Write one of those the message names."),
    "unknown_name": ("Nothing in the account has this name.", "Correct it, or make what it names in the account."),
    "ambiguous_name": ("Several things in the account have this name.", "Write it exactly as one of them, or its id."),
    "ambiguous_key": (
        "Several records in the account fit the row.",
        "Say which is meant by an id column and ⟦key=id⟧.",
    ),
    # what stands against it in the account
    "not_found": ("What the row is about or names is not in the account.", "Once it is there, import the row again."),
    "duplicate": ("There is such a record already.", "⟦mode=upsert⟧ changes it."),
    "other_address": (
        "The account takes the address for that of somebody else.",
        "If those are meant, write their address.",
    ),
    "another_name": (
        "The account takes a new name for another one that it has.",
        "Write another name, or what the account has.",
    ),
    "option_differs": (
        "An option of a custom field is there with another label.",
        "Change it in ActiveCampaign, or write it as it is there.",
    ),
    "opted_out": (
        "The person unsubscribed or bounced, and was not subscribed again.",
        "Nothing, as a rule. Only ⟦resubscribe⟧ subscribes whom the account has so.",
    ),
    "unconfirmed": (
        "The person has not confirmed the list, so they were not subscribed.",
        "Nothing, as a rule. Only ⟦resubscribe⟧ subscribes whom the account has as unconfirmed.",
    ),
    "unclear": (
        "The file does not say clearly that the person agreed, so they were not subscribed.",
        "Write a word that says it into the file's column, if they did, and empty _consent in a report.",
    ),
    "bounced": (
        "The address bounced in the program that wrote the file, and was not subscribed.",
        "Nothing, as a rule: mail does not reach it.",
    ),
    "automations": (
        "The importer has not done all of the row, and nothing else holds automations back.",
        "Import the row without ⟦no_automations⟧, or leave it.",
    ),
    "excluded": (
        "The contact is gone, or the address is on the account's exclusion list: not subscribed.",
        "Nothing: take the row out.",
    ),
    # what came, or did not come, from ActiveCampaign
    "no_answer": ("No answer came to the last request of the row.", _LATER),
    "damaged_answer": ("The answer could not be understood.", _LATER),
    "another_record": ("The answers spoke of another record than the one that was asked for.", _LATER),
    "not_confirmed": ("It was acknowledged, and is not so when it is read.", _LATER),
    "not_read_back": ("It was acknowledged, and could not be read back.", "⟦retry⟧ reads it once more."),
    REFUSAL: (
        "ActiveCampaign refused the request with this status, or with a code of its own, which then stands here.",
        "Do what its words say, mostly to another cell; after http_408, http_429 and http_5…: ⟦retry⟧.",
    ),
}
