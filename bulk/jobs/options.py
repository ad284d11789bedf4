"""What a user can choose for a job: every value is checked as it is made, for the command line and for programs alike.

What goes together with a resource or an account is checked by `choices`. Options are kept in `job.json`, and read back
from there strictly: an option that this version does not know would be left out silently.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bulk.errors import UsageError
from bulk.files.check import OnDuplicate
from bulk.jobs.choices import BLANK, ENGINES, EXACT, ON_CONFLICT, ON_DUPLICATE, ON_INVALID
from bulk.resources.kinds.date_forms import Dates, is_form

Check = Callable[[Any], bool]
_SIGNS: Final = 5  # that stand between values at most, like :::
NO_LIMIT_RATE: Final = "a rate is a number of requests a second, 0 for no limit"
_MAX_ERRORS: Final = re.compile(r"[1-9][0-9]*|[0-9]+(\.[0-9]+)?%")


def is_separator(value: Any) -> bool:
    """Whether a sign, or a few, can stand between values inside a cell; blanks around them do not count."""
    if not isinstance(value, str) or not 0 < len(value.strip()) <= _SIGNS:
        return False
    return not any(sign.isspace() or sign.isalnum() or sign in '"\0' for sign in value.strip())


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < math.inf


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_age(value: Any) -> bool:
    return value == math.inf or _is_number(value)


def _is_size(value: Any) -> bool:
    return _is_count(value) and value > 0


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_max_errors(value: Any) -> bool:
    return isinstance(value, str) and (not value or _MAX_ERRORS.fullmatch(value) is not None)


def _are_texts(value: Any) -> bool:
    return isinstance(value, Mapping) and all(isinstance(text, str) for pair in value.items() for text in pair)


def _are_names(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str) and all(isinstance(name, str) for name in value)


def _is_date_format(value: Any) -> bool:
    return isinstance(value, str) and (not value or is_form(value))


def _is_zone(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        return not value or bool(ZoneInfo(value))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False


def _are_exact(value: Any) -> bool:
    return _are_names(value) and all(name in EXACT for name in value)


def _or_none(check: Check) -> Check:
    return lambda value: value is None or check(value)


def _one_of(*offered: str) -> tuple[Check, str]:
    names = ", ".join(filter(None, offered))  # "" is as it is if nothing is said
    return (lambda value: isinstance(value, str) and value in offered), f"this resource takes {names}"


_FLAG: Final = (_is_flag, "it is either so or not: true or false")
_TEXT: Final = (_is_text, "it is a text")
# of each option: whether a value can be its, and what it has to be
_CHECKS: Final[dict[str, tuple[Check, str]]] = {
    "mode": _TEXT,
    "key": _TEXT,
    "maps": (_are_texts, "it maps titles of the file to attributes"),
    "sets": (_are_texts, "it maps columns to values"),
    "preset": (_is_name, "name a preset; or write auto or none"),
    "split_name": (_is_text, "name the column of full names; or write auto"),
    "exact_columns": (_are_exact, "name tags, lists or account"),
    "ignore_unknown": _FLAG,
    "create_fields": _FLAG,
    "on_invalid": _one_of(*ON_INVALID),
    "skip_lines": (_is_count, "write a number of lines, like 2"),
    "sheet": _TEXT,
    "on_duplicate": _one_of(*ON_DUPLICATE),
    "blank": _one_of("", *BLANK),
    "baseline": (_is_name, "name an export, by its file or its job; or write auto or none"),
    "on_conflict": _one_of("", *ON_CONFLICT),
    "delete_missing": _FLAG,
    "owner_default": _TEXT,
    "map_user": (_are_texts, "it maps users of the file to those of this account, by their addresses"),
    "date_format": (_is_date_format, "write DMY, MDY or YMD, or codes like %d.%m.%Y or %d/%m/%y %H:%M"),
    "timezone": (_is_zone, "write the name of a time zone, like Europe/Berlin or America/New_York"),
    "separator": (is_separator, "give a sign, like , ; or |, or a few, like :::"),
    "encoding": _TEXT,
    "delimiter": _TEXT,
    "limit": (_or_none(_is_count), "write a number of rows, like 100"),
    "resubscribe": _FLAG,
    "allow_damaged": _FLAG,
    "allow_joined": _FLAG,
    "yes": _FLAG,
    "undoable": _FLAG,
    "engine": _one_of(*ENGINES),
    "no_automations": _FLAG,
    "max_errors": (_is_max_errors, "write a number of rows, like 100, or a share, like 5%"),
    "max_duration": (_or_none(_is_number), "it is a number of seconds"),
    "rate": (_is_number, NO_LIMIT_RATE),
    "concurrency": (_is_count, "it is a number of requests in flight, 0 for what fits"),
    "plain": _FLAG,
    "guard_formulas": _FLAG,
    "filters": (_are_texts, "it maps names of filters to values"),
    "search": _TEXT,
    "columns": (_are_names, "it is a list of names"),
    "resource": _TEXT,
    "exact": _FLAG,
    "ignore": (_are_names, "it is a list of titles"),
    "notify": (_are_names, "it is a list of addresses and commands"),
    "metrics": _TEXT,
    "max_age": (_is_age, "it is a number of seconds"),  # of a plan; no option that a job keeps
    "size": (_is_size, "write a number of rows, like 1000"),  # of each frame, likewise
}


def check_option(name: str, value: Any) -> None:
    """Raise `UsageError` if an option cannot have this value, whatever the others are."""
    fits, expected = _CHECKS[name]
    if not fits(value):
        raise UsageError("option_invalid", option=name, value=_shown(value), expected=expected)


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else repr(value)


# wide: one attribute an option, as job.json keeps them
@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What the user chose for an import, as it is kept in `job.json`. Raises `UsageError` for what cannot be."""

    mode: str = ""
    key: str = ""
    maps: dict[str, str] = field(default_factory=dict)
    sets: dict[str, str] = field(default_factory=dict)
    preset: str = "auto"
    split_name: str = ""  # the column of full names that are taken apart; "auto": the one that is called so
    ignore_unknown: bool = False
    create_fields: bool = False
    on_invalid: str = "skip"
    skip_lines: int = 0
    sheet: str = ""
    on_duplicate: OnDuplicate = "error"
    exact_columns: tuple[str, ...] = ()  # of which a cell is all that there should be
    blank: str = ""  # "keep" in so many words keeps what was emptied in a sheet too
    baseline: str = "auto"
    on_conflict: str = ""
    delete_missing: bool = False
    owner_default: str = ""
    map_user: dict[str, str] = field(default_factory=dict)
    date_format: str = ""
    timezone: str = ""
    separator: str = ","
    encoding: str = "auto"
    delimiter: str = "auto"
    limit: int | None = None
    resubscribe: bool = False
    allow_damaged: bool = False
    allow_joined: bool = False
    yes: bool = False
    max_errors: str = ""
    max_duration: float | None = None
    rate: float = 5.0
    concurrency: int = 0
    undoable: bool = False
    engine: str = "auto"
    no_automations: bool = False
    notify: tuple[str, ...] = ()  # who is told once it has ended: addresses, commands
    metrics: str = ""  # the file of its figures for Prometheus

    def __post_init__(self) -> None:
        _check_all(self)

    @property
    def dates(self) -> Dates:
        """How dates stand in the file."""
        return Dates(self.date_format, ZoneInfo(self.timezone) if self.timezone else None)


# wide: one attribute an option, likewise
@dataclass(frozen=True, slots=True)
class ExportOptions:
    """What the user chose for an export, as it is kept in `job.json`. Raises `UsageError` for what cannot be.

    `filters` are values by the names that `resource.filters` has, `columns` those to write.
    """

    plain: bool = False
    guard_formulas: bool = False
    separator: str = ","
    filters: dict[str, str] = field(default_factory=dict)
    search: str = ""
    columns: tuple[str, ...] = ()
    max_duration: float | None = None
    rate: float = 5.0
    concurrency: int = 0
    notify: tuple[str, ...] = ()
    metrics: str = ""

    def __post_init__(self) -> None:
        _check_all(self)


# wide: one attribute an option of the comparison
@dataclass(frozen=True, slots=True)
class CompareOptions:
    """What the user chose for a comparison. Raises `UsageError` for what cannot be.

    `exact`: cells are compared as texts. `ignore` are titles of columns. `rate`, `concurrency` and `max_duration` are
    those of an export of the account.
    """

    resource: str = ""
    key: str = ""
    exact: bool = False
    ignore: tuple[str, ...] = ()
    separator: str = ","
    encoding: str = "auto"
    delimiter: str = "auto"
    skip_lines: int = 0
    max_duration: float | None = None
    rate: float = 5.0
    concurrency: int = 0

    def __post_init__(self) -> None:
        _check_all(self)


Options = TypeVar("Options", ImportOptions, ExportOptions)


def _check_all(options: ImportOptions | ExportOptions | CompareOptions) -> None:
    for one in fields(options):
        check_option(one.name, getattr(options, one.name))


def options_read(kind: type[Options], written: Mapping[str, Any], version: str) -> Options:
    """The options of a job as its `job.json` holds them; `version` is that of bulk which wrote it.

    Raises `UsageError` for an option that this version does not know, and for a value that it cannot have.
    """
    unknown = sorted(set(written) - {one.name for one in fields(kind)})
    if unknown:
        raise UsageError("job_options_unknown", version=version, options=unknown)
    try:
        return kind(**written)
    except UsageError as error:
        raise UsageError("job_options_damaged", refusal=error) from error
