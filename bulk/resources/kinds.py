"""The kinds of columns: how a cell's text becomes a JSON value of the API and how such a value becomes text again.

One object a kind, both directions. Pure: no file, no network, no account. The encodings are those that
ActiveCampaign documents for contact attributes and custom fields.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final

from bulk.model import Json
from bulk.resources.identity import chosen, difference, invisible, name_key, same_name, shown


@dataclass(frozen=True, slots=True)
class Option:
    """One choice that a column offers.

    `value` is what the API stores, `label` what people see (a list: its stringid); `id` is the API's id where the
    choice is a record of its own. `advised` False: nobody is advised to choose it, for it does what only its user may
    decide.
    """

    value: str
    label: str = ""
    id: str = ""
    advised: bool = True


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a cell cannot be read. `code` is stable, `message` says what is wrong, `hint` what to do."""

    code: str
    message: str
    hint: str = ""


_FEW: Final = 5  # names that an error lists
_FARTHEST: Final = timedelta(hours=14)  # a time zone from UTC
Options = tuple[Option, ...] | None  # None: the choices are not known, anything may stand


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of column.

    `read(text, options, separator)` gives the JSON value to send, or a `Problem`; it is never given an empty cell.
    `write(value, separator)` gives the cell's text for a value as the API returns it (None and "" give "").
    `same(a, b)` says whether two API values mean the same.
    `pattern`, where given, matches in full every readable cell and none other: one regular expression that Python
    and Rust both take, so that a million cells can be checked at once.
    """

    name: str
    about: str
    example: str
    read: Callable[[str, Options, str], Json | Problem]
    write: Callable[[Json, str], str]
    same: Callable[[Json, Json], bool]
    pattern: str = ""

    def arrived(self, current: Json, sent: Json) -> bool:
        """Whether an account that has `current` has what was `sent`: the same, blanks at its ends aside.

        Dates and times it may write in a time zone of its own.
        """
        one, other = ("" if value is None else str(value).strip() for value in (current, sent))
        return self.same(current, sent) or one == other or (self in (DATE, DATETIME) and _same_moment(one, other))


# ---- values inside one cell


def split_values(text: str, separator: str) -> list[str]:
    """The values of a cell that holds one CSV record: `VIP,"Smith, John"` -> [VIP; Smith, John].

    Blanks around a value do not count, empty values are dropped, a repeated value counts once; values that differ in
    case are two, since an account can hold both.
    A cell that is no proper record is taken value by value at the separator, quotes kept.
    """
    values = _split_record(text, separator)
    if values is None:
        values = [part.strip() for part in text.split(separator)]
    return list(dict.fromkeys(filter(None, values)))


def _split_record(text: str, separator: str) -> list[str] | None:
    sep = re.escape(separator)
    quoted_or_bare = re.compile(rf'\s*(?:"((?:[^"]|"")*)"|((?:(?!{sep})[^"])(?:(?!{sep}).)*)|)\s*({sep}|\Z)', re.DOTALL)
    values: list[str] = []
    at = 0
    while True:
        match = quoted_or_bare.match(text, at)
        if match is None:
            return None
        quoted, bare, end = match.groups()
        values.append(quoted.replace('""', '"') if quoted is not None else (bare or "").strip())
        if not end:
            return values
        at = match.end()


def join_values(values: Iterable[str], separator: str) -> str:
    """The inverse of `split_values`: quotes only what would be read differently without quotes."""

    def quote(value: str) -> str:
        if separator in value or '"' in value or value != value.strip():
            return '"' + value.replace('"', '""') + '"'
        return value

    return separator.join(quote(value) for value in values)


def nearest(word: str, known: Iterable[str], count: int = 3) -> list[str]:
    """The known words most like `word`, best first; case does not matter."""
    by_key = {name_key(name): name for name in known}
    close = difflib.get_close_matches(name_key(word), by_key, n=count, cutoff=0.5)
    return [by_key[name] for name in close]


def close_to(name: str, known: Sequence[str], offered: str) -> str:
    """The known names most like one that is none of them, what cannot be seen of the difference said; "" for none."""
    close = nearest(name, known)
    if not close:
        return f"{offered}: {', '.join(known[:_FEW])}" if known else ""
    unseen = difference(name, close[0])
    return f"Nearest: {', '.join(close)}" + (f" ({unseen})" if unseen else "")


def choose(text: str, options: tuple[Option, ...]) -> Option | None:
    """The option whose value is `text`, else the one whose label is; None if neither, or several are.

    What cannot be seen makes no other option; case does, as it does for ActiveCampaign.
    """
    for option in options:
        if option.value == text:
            return option
    seen = shown(text)
    for result in (
        [option for option in options if option.label == text],
        [option for option in options if shown(option.value) == seen],
        [option for option in options if shown(option.label) == seen],
    ):
        if len(result) == 1:
            return result[0]
    return None


def _unknown_option(text: str, options: tuple[Option, ...]) -> Problem:
    hint = close_to(text, [option.value for option in options], "It offers") or "It offers no options."
    if not all(option.advised for option in options):
        safe = ", ".join(f"{option.value} ({option.label})" for option in options if option.advised)
        hint = f"Only you know what it was to mean. Those that put nobody on a list: {safe}"
    return Problem("unknown_option", f"{text!r} is not one of its options.", hint)


# ---- reading and writing, a pair a kind


def _read_text(text: str, _options: Options, _separator: str) -> Json:
    return text


def _write_text(value: Json, _separator: str) -> str:
    return "" if value is None else str(value)


def _same_text(a: Json, b: Json) -> bool:
    return ("" if a is None else str(a)) == ("" if b is None else str(b))


# The rule that ActiveCampaign documents for its bulk importer: a local part of at least one character with none of
# "(),:;<>@[\] in it, a domain with a dot, a top level of at least two letters (or its xn-- form).
_LOCAL: Final = r'[^\s\x00-\x1f\x7f"(),:;<>@\[\\\]]+'
_LABEL: Final = r"[^\W_](?:[\w-]*[^\W_])?"
EMAIL_PATTERN: Final = rf"{_LOCAL}@(?:{_LABEL}\.)+(?:[^\W\d_]{{2,}}|xn--[0-9A-Za-z-]+)"
_EMAIL: Final = re.compile(EMAIL_PATTERN)


def _read_email(text: str, _options: Options, _separator: str) -> Json | Problem:
    address = text.strip()
    unseen = invisible(address)
    if unseen:
        said = f"It holds {unseen}, which nobody sees and no address has."
        return Problem("invisible_character", said, "Type the address anew, or delete that character.")
    if _EMAIL.fullmatch(address):
        return address
    return Problem(
        "email_invalid",
        "This is no e-mail address that ActiveCampaign accepts.",
        'Write it as name@domain.tld, without blanks and none of "(),:;<>[\\]',
    )


def _read_option(text: str, options: Options, _separator: str) -> Json | Problem:
    if options is None:
        return text
    option = choose(text, options) or choose(text.strip(), options)
    return option.value if option else _unknown_option(text, options)


MARK: Final = "||"


def _split_multi(text: str, separator: str) -> list[str]:
    if MARK in text:
        return [value for value in (part.strip() for part in text.split(MARK)) if value]
    return split_values(text, separator)


def _read_options(text: str, options: Options, separator: str) -> Json | Problem:
    values: list[str] = []
    for value in _split_multi(text, separator):
        if options is None:
            values.append(value)
            continue
        option = choose(value, options)
        if option is None:
            return _unknown_option(value, options)
        values.append(option.value)
    return MARK + MARK.join(values) + MARK if values else ""


def _write_options(value: Json, separator: str) -> str:
    return join_values((part for part in str(value or "").split(MARK) if part), separator)


def _same_options(a: Json, b: Json) -> bool:
    return {part for part in str(a or "").split(MARK) if part} == {part for part in str(b or "").split(MARK) if part}


def _read_date(text: str, _options: Options, _separator: str) -> Json | Problem:
    stripped = text.strip()
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", stripped):
        try:
            return date.fromisoformat(stripped).isoformat()
        except ValueError:
            pass
    return Problem("date_invalid", "This is no date of the form YYYY-MM-DD.", "Write it like 2026-05-28.")


def _read_datetime(text: str, _options: Options, _separator: str) -> Json | Problem:
    stripped = text.strip()
    hint = "Write it with its offset from UTC, like 2026-05-28T03:05:54-05:00."
    try:
        moment = datetime.fromisoformat(stripped)
    except ValueError:
        return Problem("datetime_invalid", "This is no date and time.", hint)
    if moment.tzinfo is None:
        return Problem("datetime_without_offset", "This time does not say its offset from UTC.", hint)
    return stripped


def _same_datetime(a: Json, b: Json) -> bool:
    try:
        return datetime.fromisoformat(str(a)) == datetime.fromisoformat(str(b))
    except (TypeError, ValueError):  # TypeError: one has an offset, the other has none
        return _same_text(a, b)


def _same_moment(current: str, sent: str) -> bool:
    """Whether what is found may be the day or the moment that was sent, where one of them tells no time zone."""
    try:
        one, other = datetime.fromisoformat(current), datetime.fromisoformat(sent)
    except ValueError:
        return False
    if (one.tzinfo is None) == (other.tzinfo is None):
        return one == other
    utc, local = (one, other) if other.tzinfo is None else (other, one)
    return abs(utc - local.replace(tzinfo=UTC)) <= _FARTHEST


_NUMBER_PATTERN: Final = r"\s*[+-]?[0-9]+(?:\.[0-9]+)?\s*"


def _read_number(text: str, _options: Options, _separator: str) -> Json | Problem:
    if re.fullmatch(_NUMBER_PATTERN, text):
        return text.strip()
    return Problem("number_invalid", "This is no number.", "Write digits with a point, like 1234.5; no grouping.")


_ID_PATTERN: Final = r"\s*[0-9]+\s*"


def _read_id(text: str, _options: Options, _separator: str) -> Json | Problem:
    if re.fullmatch(_ID_PATTERN, text):
        return text.strip()
    return Problem("id_invalid", "This is no id of ActiveCampaign.", "An id is a whole number, like 123.")


def _same_number(a: Json, b: Json) -> bool:
    try:
        return Decimal(str(a)) == Decimal(str(b))
    except InvalidOperation:
        return _same_text(a, b)


_MONEY_PATTERN: Final = r"\s*[0-9]+(?:\.[0-9]{1,2})?\s*"


def _read_money(text: str, _options: Options, _separator: str) -> Json | Problem:
    """Major units with at most two decimals -> whole cents; by digits, never by way of a float."""
    if not re.fullmatch(_MONEY_PATTERN, text):
        return Problem("money_invalid", "This is no amount of money.", "Write it like 156.24; no grouping, no sign.")
    units, _, cents = text.strip().partition(".")
    return int(units) * 100 + int(cents.ljust(2, "0") or 0)


def _write_money(value: Json, _separator: str) -> str:
    """Whole cents -> major units with two decimals; what is no number of cents stays as it is."""
    text = "" if value is None else str(value)
    sign, cents = ("-", text[1:]) if text[:1] == "-" else ("", text)
    if not (cents.isascii() and cents.isdigit()):
        return text
    return f"{sign}{cents[:-2] or '0'}.{cents[-2:]:0>2}"  # by its digits: they may be more than an int is read from


_CURRENCY_PATTERN: Final = r"\s*[A-Za-z]{3}\s*"


def _read_currency(text: str, _options: Options, _separator: str) -> Json | Problem:
    if re.fullmatch(_CURRENCY_PATTERN, text):
        return text.strip().lower()
    return Problem("currency_invalid", "This is no currency.", "Write its three letters, like usd or eur.")


def _same_currency(a: Json, b: Json) -> bool:
    return str(a or "").lower() == str(b or "").lower()


_FLAGS: Final = {"1": "1", "true": "1", "yes": "1", "0": "0", "false": "0", "no": "0"}


def _read_flag(text: str, _options: Options, _separator: str) -> Json | Problem:
    flag = _FLAGS.get(text.strip().lower())
    return flag or Problem("flag_invalid", "This is neither yes nor no.", "Write 1 or 0.")


def _write_flag(value: Json, _separator: str) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    return _write_text(value, "")


def _same_flag(a: Json, b: Json) -> bool:
    return (_write_flag(a, "") or "0") == (_write_flag(b, "") or "0")


def _read_values(text: str, options: Options, separator: str) -> Json | Problem:
    """Several values of a cell -> a list, each an option by value or label if the options are known."""
    values = _split_multi(text, separator)
    if options is None:
        return values
    chosen = [(value, choose(value, options)) for value in values]
    unknown = next((value for value, option in chosen if option is None), None)
    return [option.value for _, option in chosen if option] if unknown is None else _unknown_option(unknown, options)


def _write_values(value: Json, separator: str) -> str:
    return join_values(map(str, value), separator) if isinstance(value, list) else _write_options(value, separator)


def _same_values(a: Json, b: Json) -> bool:
    one, other = (set(map(str, v)) if isinstance(v, list) else {x for x in str(v or "").split(MARK) if x}
                  for v in (a, b))  # fmt: skip
    return one == other


# ---- the options of a field: `Gold`, `gold=Gold card` with another label than its value, `*Gold` that is the default

_NOT_THERE: Final = re.compile(r"\\(?=[\\=*]|$)")  # a backslash that would be taken for one of ours
_OURS: Final = re.compile(r"\\([\\=*])")
_PLAIN: Final = r"\\[\\=*]|\\(?![\\=*])"  # an escape of ours, or a backslash that is none
_LABELLED: Final = re.compile(rf"((?:{_PLAIN}|[^\\])(?:{_PLAIN}|[^=\\])*)=(.*)|(.*)", re.DOTALL)


def _write_choice(choice: Json) -> str:
    """One option of a field as it stands in a cell; a list of value, label, whether it is the default, and place."""
    value, label, default = str(choice[0]), str(choice[1]), bool(choice[2])
    text = _NOT_THERE.sub(r"\\\\", value)
    text = text[:1] + text[1:].replace("=", "\\=")
    text = "\\" + text if text.startswith("*") else text
    return ("*" if default else "") + text + ("" if label == value else f"={label}")


def _read_choice(text: str) -> Json:
    default = text.startswith("*") and text != "*"
    match = _LABELLED.fullmatch(text[1:] if default else text)
    assert match is not None  # noqa: S101 - its second half fits anything
    value = _OURS.sub(r"\1", match[1] if match[1] is not None else match[3])
    return [value, value if match[2] is None else match[2], default]


def _read_choices(text: str, _options: Options, separator: str) -> Json:
    return [_read_choice(value) for value in split_values(text, separator)]


def _write_choices(value: Json, separator: str) -> str:
    return join_values((_write_choice(choice) for choice in value or () if str(choice[0])), separator)


def _same_choices(a: Json, b: Json) -> bool:
    one, other = ([list(choice[:3]) for choice in value or ()] for value in (a, b))
    return one == other


def _read_perstag(text: str, _options: Options, _separator: str) -> Json | Problem:
    """As ActiveCampaign keeps it: in capitals, without blanks."""
    return "".join(text.upper().split()).strip("%")


def _same_perstag(a: Json, b: Json) -> bool:
    return _read_perstag(str(a or ""), None, "") == _read_perstag(str(b or ""), None, "")


def _read_names(text: str, options: Options, separator: str) -> Json | Problem:
    names = split_values(text, separator)
    if options is not None:
        for name in names:
            result = _named(name, options)
            if len(result) > 1:
                both = " and ".join(f"{option.value!r} ({option.id})" for option in result[:_FEW])
                return Problem("ambiguous_name", f"{name!r} may be {both}.", "Write it exactly as one of them.")
            if not result:
                hint = close_to(name, [option.value for option in options], "There are") or "There are none yet."
                return Problem("unknown_name", f"Nothing here is named {name!r}.", hint)
    return names


def find_name(name: str, options: tuple[Option, ...]) -> Option | None:
    """The record named `name`, else the one with that label; None if there is none or several."""
    result = _named(name, options)
    return result[0] if len(result) == 1 else None


def _named(name: str, options: tuple[Option, ...]) -> list[Option]:
    return chosen(name, ((option, option.value) for option in options)) or [
        option for option in options if option.label and same_name(option.label, name)
    ]


def _write_names(value: Json, separator: str) -> str:
    return join_values(value or (), separator)


def _same_names(a: Json, b: Json) -> bool:
    return {name_key(str(name)) for name in a or ()} == {name_key(str(name)) for name in b or ()}


TEXT: Final = Kind("text", "text", "Ada", _read_text, _write_text, _same_text)
EMAIL: Final = Kind("email", "an e-mail address", "ada@example.com", _read_email, _write_text, _same_text,
                    rf"\s*{EMAIL_PATTERN}\s*")  # fmt: skip
TEXTAREA: Final = Kind("textarea", "text, may hold line breaks", "Line one", _read_text, _write_text, _same_text)
OPTION: Final = Kind("option", "one of its options, by value or label", "Gold", _read_option, _write_text, _same_text)
OPTIONS: Final = Kind("options", "several of its options: A,B or ||A||B||", "Mail,Phone", _read_options,
                      _write_options, _same_options)  # fmt: skip
DATE: Final = Kind("date", "YYYY-MM-DD", "1990-05-28", _read_date, _write_text, _same_text)
DATETIME: Final = Kind("datetime", "ISO 8601 with offset", "2026-05-28T09:30:00+00:00", _read_datetime, _write_text,
                       _same_datetime)  # fmt: skip
NUMBER: Final = Kind("number", "a number with a point", "1234.5", _read_number, _write_text, _same_number,
                     _NUMBER_PATTERN)  # fmt: skip
NAMES: Final = Kind("names", 'names: VIP,"Smith, John"', "VIP,Newsletter", _read_names, _write_names, _same_names)
ID: Final = Kind("id", "ActiveCampaign's id", "123", _read_id, _write_text, _same_text, _ID_PATTERN)
MONEY: Final = Kind("money", "money, like 156.24", "156.24", _read_money, _write_money, _same_number, _MONEY_PATTERN)
CURRENCY: Final = Kind("currency", "a currency's three letters", "usd", _read_currency, _write_text, _same_currency,
                       _CURRENCY_PATTERN)  # fmt: skip
FLAG: Final = Kind("flag", "1 or 0", "1", _read_flag, _write_flag, _same_flag)
VALUES: Final = Kind("values", "several values: A,B", "Mail,Phone", _read_values, _write_values, _same_values)
CHOICES: Final = Kind("choices", "options: A,B; with labels a=A; the default *a", "1-10,11-50", _read_choices,
                      _write_choices, _same_choices)  # fmt: skip
PERSTAG: Final = Kind("perstag", "a name in mails, without blanks", "CITY", _read_perstag, _write_text, _same_perstag)


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
