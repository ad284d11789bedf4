"""Choosing among the options of a column by what a cell says; what is nearest where it says none of them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bulk.resources.identity import chosen, difference, same_name, shown
from bulk.resources.kinds.kind import Option, Problem
from bulk.resources.likeness import nearest

FEW: Final = 5  # names that an error lists


def close_to(name: str, known: Sequence[str], offered: str) -> str:
    """The known names most like one that is none of them, what cannot be seen of the difference said; "" for none."""
    close = nearest(name, known)
    if not close:
        return f"{offered}: {', '.join(known[:FEW])}" if known else ""
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


def unknown_option(text: str, options: tuple[Option, ...]) -> Problem:
    """What is wrong with a cell that is none of its column's options."""
    hint = close_to(text, [option.value for option in options], "It offers") or "It offers no options."
    if not all(option.advised for option in options):
        safe = ", ".join(f"{option.value} ({option.label})" for option in options if option.advised)
        hint = f"Only you know what it was to mean. Those that put nobody on a list: {safe}"
    return Problem("unknown_option", f"{text!r} is not one of its options.", hint)


def find_name(name: str, options: tuple[Option, ...]) -> Option | None:
    """The record named `name`, else the one with that label; None if there is none or several."""
    result = named(name, options)
    return result[0] if len(result) == 1 else None


def named(name: str, options: tuple[Option, ...]) -> list[Option]:
    """The options that go by a name; several where only what people see tells them apart."""
    return chosen(name, ((option, option.value) for option in options)) or [
        option for option in options if option.label and same_name(option.label, name)
    ]
