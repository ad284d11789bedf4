"""Mappings: what the columns of a kind of file are, kept in a small TOML file that fits the next one too.

A key for each option that is about the file and not about the job. What is given besides goes before a mapping.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from bulk.errors import UsageError
from bulk.files.toml_files import read_toml
from bulk.jobs.options import ImportOptions, check_option
from bulk.messages import Part
from bulk.resources.identity import name_key
from bulk.resources.likeness import nearest
from bulk.resources.spec import normalise

# key of a mapping -> option. What else says how a file is to be read is a line here, and a check in `jobs.options`
KEYS: Final[Mapping[str, str]] = {
    "preset": "preset",
    "split_name": "split_name",
    "separator": "separator",
    "date_format": "date_format",
    "timezone": "timezone",
    "exact": "exact_columns",
    "owner_default": "owner_default",
    "encoding": "encoding",
    "delimiter": "delimiter",
    "skip_lines": "skip_lines",
    "sheet": "sheet",
    "columns": "maps",  # tables stand at the end of the file
    "set": "sets",
    "owners": "map_user",
}
# tables, of each line of which something given goes before, and what two spellings of what it is about share
_BY_LINE: Final = {"maps": normalise, "sets": normalise, "map_user": name_key}
_HEAD: Final = "# What is said of the columns of a file, for the next file of this kind\n"


def read_mapping(path: str | Path) -> dict[str, Any]:
    """The options that a mapping gives, as `ImportOptions` takes them.

    Raises `UsageError` for a file that cannot be read, and for a key or value that means nothing.
    """
    if not Path(path).exists():
        raise UsageError("mapping_missing", file=path)
    options = {}
    for key, value in read_toml(Path(path)).items():
        if key not in KEYS:
            close = nearest(key, KEYS)
            hint = Part.of("nearest", names=close) if close else Part.of("there_are", names=list(KEYS))
            raise UsageError("mapping_key_unknown", file=path, key=key, hint=hint)
        try:
            check_option(KEYS[key], value)
        except UsageError as error:
            raise UsageError("mapping_value", file=path, key=key, refusal=error) from error
        options[KEYS[key]] = value
    return options


def with_mapping(path: str | Path, given: Mapping[str, Any]) -> ImportOptions:
    """Import options out of a mapping and what is given besides, which goes before it, title by title.

    Raises `UsageError` as `read_mapping`, and for options that cannot be.
    """
    mapped = read_mapping(path)
    merged = {**mapped, **given}
    for option, key_of in _BY_LINE.items():
        said = {key_of(title) for title in given.get(option, {})}
        kept = {title: value for title, value in mapped.get(option, {}).items() if key_of(title) not in said}
        merged[option] = {**kept, **given.get(option, {})}
    return ImportOptions(**merged)


def save_mapping(path: str | Path, options: ImportOptions) -> None:
    """Write what options say of a file as a mapping; what is as usual is left out.

    Raises `UsageError` where it cannot be written, and where a file stands there that is no mapping.
    """
    check_place(path)
    import tomli_w  # noqa: PLC0415 - few save one

    usual = ImportOptions()
    chosen = {key: getattr(options, name) for key, name in KEYS.items()}
    said = {key: value for key, value in chosen.items() if value != getattr(usual, KEYS[key])}
    plain = {key: list(value) if isinstance(value, tuple) else value for key, value in said.items()}
    try:
        Path(path).write_text(_HEAD + tomli_w.dumps(plain), encoding="utf-8")
    except OSError as error:
        raise UsageError("mapping_not_written", file=path, reason=error.strerror) from error


def check_place(path: str | Path) -> None:
    """Raise `UsageError` where a file stands that is no mapping, and would be overwritten."""
    if not Path(path).exists():
        return
    try:
        read_mapping(path)
    except UsageError as error:
        raise UsageError("mapping_in_the_way", file=path) from error
